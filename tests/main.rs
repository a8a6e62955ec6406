//! All tests that run the program, in one binary; `support` has the harness.

mod check;
mod command_line;
mod compiled;
mod examples;
mod faults;
mod golden;
mod html_report;
mod load;
mod one_process;
mod peers;
mod runner;
mod reports;
mod runs;
mod support;
mod tidy;
mod transports;
mod why;
