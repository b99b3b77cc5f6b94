//! The command line as typed: flags in groups, merged with the `[defaults]` of the config, nothing decided yet.
//!
//! Flags travel in one direction: [`parse`] gives a [`CommandLine`], `with_defaults` the flags as if the defaults of the
//! config had been typed, and `plan` turns those into what the run will do.

mod check_flags;
mod command;
mod command_line;
pub mod complete;
mod config_flag;
mod cvm_flags;
mod cvms_flags;
mod defaults;
mod duration;
mod filter_flags;
mod follow_flags;
mod help;
mod logs_flags;
mod opposites;
mod output_flags;
mod pages;
mod read_flags;
mod snapshot_flags;
mod ssh_flags;
#[cfg(test)]
mod tests;
mod value;
mod when;

pub use check_flags::{CheckFlags, CheckFormat};
pub use command::{Cli, Verb};
pub use command_line::{CommandLine, parse, sanitized};
pub use cvm_flags::CvmFlags;
pub use cvms_flags::CvmsFlags;
pub use duration::duration;
pub use filter_flags::FilterFlags;
pub use follow_flags::FollowFlags;
pub use logs_flags::LogsFlags;
pub use output_flags::{ColorWhen, LineFormat, OrderChoice, OutputFlags, PrefixChoice};
pub use pages::{completions, man};
pub use read_flags::ReadFlags;
pub use snapshot_flags::{SnapshotFlags, ThresholdFlags};
pub use ssh_flags::SshFlags;
pub use when::When;
