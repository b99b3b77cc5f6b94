//! Pure: what happens to lines between the streams and the renderer.
//!
//! The lines of a stream pass through [`stages`]: time window, level, filter, records, context, dedup, rate limit.
//! What remains is put in [`order`] with the units of other streams. [`merge`] reads the streams and pauses those that
//! are ahead.

pub mod context;
pub mod dedup;
pub mod filter;
pub mod interpreter;
pub mod merge;
pub mod order;
pub mod rate_limit;
pub mod record_buffer;
pub mod stages;
pub mod unit;
pub mod window;
