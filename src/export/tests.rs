//! Exports of records made by hand.
