//! Three throw-away CVMs on loopback, followed by the real binary until Ctrl-C.

fn main() {}
