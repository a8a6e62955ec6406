//! testfile
