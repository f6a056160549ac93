//! How a file is sent or received.

/// How a file is sent. All fields have defaults.
///
/// ```
/// use chat_net::client::SendOptions;
/// let options = SendOptions { name: Some("holiday.jpg".into()), ..SendOptions::default() };
/// assert_eq!(options.chunk_bytes, 0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct SendOptions {
    /// What the file is called in the offer; `None`: as on this disk.
    pub name: Option<String>,
    /// Bytes in one chunk; zero: as the server has it.
    pub chunk_bytes: u32,
    /// Reads the whole file before it is offered, so that the offer says its hash. Else the hash is computed while the bytes
    /// go by, and told at the end.
    pub hash_first: bool,
}

/// How a file is received. All fields have defaults.
#[derive(Clone, Debug, Default)]
pub struct ReceiveOptions {
    /// What the file is called on this disk; `None`: as in the offer. Either is made safe first, see [`disk_name`].
    ///
    /// [`disk_name`]: crate::client::disk_name
    pub name: Option<String>,
}
