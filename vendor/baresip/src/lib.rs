//! baresip, linked statically, as a function.
