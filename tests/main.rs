//! The real binary on real sshds: every test is a sentence about what a user sees.

mod check;
mod choosing;
mod endings;
mod failures;
mod faults;
mod files;
mod filters;
mod finding;
mod foreign;
mod hostile;
mod jumping;
mod long_lines;
mod output;
mod parity;
mod reaching;
mod readme;
mod recovery;
mod shells;
mod snapshot;
mod streams;
mod times;
mod told;
mod unread;
mod unreadable;
mod world;
mod world_tests;
