//! Everything decided: what the run will do, with nothing "auto" left. Plain data, no handles.
//!
//! [`resolve`] turns [`Inputs`] (flags, config, surroundings) into a [`Plan`]. Where a plan depends on who is in a
//! cluster, it says whom to ask ([`discover::Obstacle`]) and is called again with the answers.

mod check;
mod common;
mod cvm_choice;
mod cvms;
pub mod discover;
mod follow;
mod inputs;
mod listing;
mod log_names;
mod logs;
mod planned;
mod snapshot;
mod surroundings;
#[cfg(test)]
mod tests;

pub use check::CheckPlan;
pub use cvms::CvmsPlan;
pub use follow::FollowPlan;
pub use inputs::Inputs;
pub use listing::ListingPlan;
pub use log_names::LogNames;
pub use logs::LogsPlan;
pub use planned::{Plan, Planned, resolve};
pub use snapshot::SnapshotPlan;
pub use surroundings::{ColorVariables, Surroundings};
