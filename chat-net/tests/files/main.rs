//! Files between clients: what they say to a server, what they make of a hostile one, and whole transfers over a real one.

mod folder;
mod hostile;
mod peer;
mod receiving;
mod refused;
mod sending;
