//! The fault world: several CVMs with several logs each, one cvmtail that follows them all, and a seeded
//! schedule of everything that can go wrong, with a judge who saw each line being written.

pub mod driver;
pub mod flood;
pub mod gauge;
pub mod judge;
#[allow(dead_code, reason = "the program has more weather than the tests")]
pub mod kind;
mod loss;
pub mod play;
pub mod reading;
pub mod service;

#[cfg(test)]
mod healing;
#[cfg(test)]
mod old;
#[cfg(test)]
mod reader;
#[cfg(test)]
mod retry;
#[cfg(test)]
mod short;
