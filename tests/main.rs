//! All tests that run the program, in one binary; `support` has the harness.

mod check;
mod command_line;
mod compiled;
mod disk;
mod examples;
mod export;
mod faults;
mod flood;
mod golden;
mod html_report;
mod ladder;
mod limits;
mod load;
mod one_process;
mod peers;
mod runner;
mod repl;
mod reports;
mod runs;
mod stdlib;
mod support;
mod tidy;
mod transports;
mod two_hosts;
mod why;
