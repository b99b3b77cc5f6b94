//! The real binary on real sshds: every test is a sentence about what a user sees.

mod endings;
mod failures;
mod parity;
mod reaching;
mod snapshot;
mod streams;
mod told;
mod world;
mod world_tests;
