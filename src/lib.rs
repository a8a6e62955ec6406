//! telefonist
