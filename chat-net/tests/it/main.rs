//! The whole server in the test's own process, over real sockets and over pipes: one behaviour a file.

mod doors;
mod liveness;
mod pair;
mod peer;
