//! The real binary on real sshds: every test is a sentence about what a user sees.

mod faults;
mod parity;
mod world;
mod world_tests;
