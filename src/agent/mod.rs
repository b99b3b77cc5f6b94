//! What runs on a CVM and how it is asked.

pub mod dialogue;
pub mod files;
pub mod fleet;
pub mod framing;
pub mod glob;
pub mod heartbeat;
pub mod hidden;
pub mod protocol;
pub mod survey;
pub mod svmips;
