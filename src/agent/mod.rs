//! What runs on a CVM and how it is asked.

pub mod client;
pub mod clock;
pub mod description;
pub mod file;
pub mod files;
pub mod fleet;
pub mod framing;
pub mod glob;
pub mod heartbeat;
pub mod hidden;
pub mod protocol;
mod quoting;
pub mod svmips;
