//! Each topic, with events as agents send them.
