//! The only room that knows ssh: sessions, the remote script, one stream per CVM×log.

pub mod explain;
