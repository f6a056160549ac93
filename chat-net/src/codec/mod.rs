//! What travels between a client and a server, and the forms it travels in. Pure: no codec knows a socket.

mod wire;

pub use wire::{
    Closing, FromClient, FromServer, Hello, Limits as WireLimits, PROTOCOL_VERSION, RoomPosition, Told,
    Welcome,
};
