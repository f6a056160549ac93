//! Every limit of the network side, with its name and default; the core's own are in `chat_core::Config`.

/// What connections may do, and for how long. Sizes are bytes, times milliseconds.
///
/// ```
/// use chat_net::Limits;
/// let limits = Limits { connections: 50, ..Limits::default() };
/// assert_eq!(limits.frame_bytes, 64 * 1024);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Payload of one frame; a longer one closes the connection with `frame_too_large`.
    pub frame_bytes: usize,
    /// The same, before a name is given.
    pub hello_frame_bytes: usize,
    /// One line; the rest of a longer one is dropped and `line_too_long` told.
    pub line_bytes: usize,
    /// Silence after which a new connection is greeted as a person.
    pub sniff_ms: u64,
    /// The same from an address that spoke HTTP within as long: browsers open connections before they need them.
    pub browser_sniff_ms: u64,
    /// How long the TLS of a new connection may take, from its beginning to the end of the handshake; then it is closed.
    /// Where TLS is required, who is silent for so long is told so.
    pub handshake_ms: u64,
    /// How long a program may take to give a name; then `login_timeout`.
    pub login_ms: u64,
    /// How long a person may take.
    pub person_login_ms: u64,
    /// Silence after which a program is pinged; also when the kernel starts to probe an idle connection.
    pub ping_after_ms: u64,
    /// Silence after which it is taken for dead: `no_answer`.
    pub dead_after_ms: u64,
    /// How long sent bytes may stay unacknowledged by the peer's kernel.
    pub unacknowledged_ms: u64,
    /// Waiting control bytes (pings, farewells) of one connection; over it: `slow_reader`.
    pub control_bytes: usize,
    /// Waiting talk of one connection; over it for `talk_grace_ms`: `slow_reader`. Over it, the connection is
    /// not read either.
    pub talk_bytes: usize,
    /// Waiting talk at which a connection is closed at once.
    pub talk_hard_bytes: usize,
    /// How long talk may stay over its limit.
    pub talk_grace_ms: u64,
    /// Waiting bulk bytes of one connection; at it, its senders are held back.
    pub bulk_bytes: usize,
    /// What the kernel takes for one peer and cannot send yet; it may be twice as much for a moment. Where it has no
    /// such option, the size of the socket's send buffer.
    pub send_buffer_bytes: usize,
    /// Asks a connection may send at once.
    pub burst: u32,
    /// Asks a second after that; faster is delayed by not reading the socket.
    pub asks_per_second: u32,
    /// How long a connection may be delayed without pause; then `slow_down`.
    pub debt_ms: u64,
    /// Connections in all; one more is told `server_full`.
    pub connections: usize,
    /// Connections at once from one address (one /64 of IPv6); one more is told `address_limit`.
    pub connections_per_address: usize,
    /// New connections a second from one address.
    pub connects_per_second_per_address: u32,
    /// Whether loopback addresses are exempt from the limits per address.
    pub exempt_loopback: bool,
    /// Messages of a room that a newcomer is shown.
    pub recent_messages: u32,
    /// Messages in one page of history, at most.
    pub history_page: u32,
    /// Bytes in one page of history or of missed events, roughly.
    pub history_page_bytes: usize,
    /// Events of one room that the in-memory store keeps.
    pub history_events: usize,
    /// Bytes of one room that the in-memory store keeps, roughly.
    pub history_bytes: usize,
    /// Missed events of one room that a returning client is sent; further back is a `gap`.
    pub catch_up_events: u64,
    /// Bytes of a file that may be on their way to one receiver, sent and not acknowledged. More costs nothing but what a
    /// receiver's break makes necessary to send again; less slows transfers over long ways.
    pub transfer_window_bytes: u64,
    /// Bytes of one transfer that wait in the server for its receivers, in all; what it means is how many passes over the
    /// sender's file there are at once.
    pub transfer_bytes: usize,
    /// How long a sender that has credit or owes the hash, or a receiver that owes acknowledgements or, with every byte and
    /// the hash, its `finish`, may be silent; then its copies pause.
    pub transfer_silence_ms: u64,
    /// How long a transfer to a room waits after the first has accepted, so that the others share its pass.
    pub transfer_gather_ms: u64,
    /// Wrong passwords a minute for one account, and from one address (one /64 of IPv6); after them each further one waits:
    /// 15 s, doubled each time. Before the wait is over it is `too_many_logins`, and nothing is tried. As many wrong keys
    /// of rooms, for one user, and from one address.
    pub logins_per_minute: u32,
    /// Accounts an hour that are made from one address; after them each further one waits in the same way.
    pub registrations_per_hour: u32,
    /// The longest of those waits. After as long without a wrong password everything is forgotten.
    pub login_wait_ms: u64,
    /// So many accounts, and so many addresses, with wrong passwords are remembered; then those are forgotten that wait the
    /// shortest.
    pub login_records: usize,
    /// Passwords that wait to be hashed, which is done one at a time; one more is `busy`.
    pub hash_waiting: usize,
    /// How long an [`Authenticate`](crate::auth::Authenticate) or a [`Gate`](crate::auth::Gate) may take for one answer;
    /// then it is `busy`.
    pub hook_ms: u64,
    /// How long the end of the server may take.
    pub shutdown_ms: u64,
    /// When clients are told to come back after the end of the server.
    pub reconnect_after_ms: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            frame_bytes: 64 * 1024,
            hello_frame_bytes: 4 * 1024,
            line_bytes: 8 * 1024,
            sniff_ms: 1_000,
            browser_sniff_ms: 10_000,
            handshake_ms: 5_000,
            login_ms: 10_000,
            person_login_ms: 60_000,
            ping_after_ms: 20_000,
            dead_after_ms: 30_000,
            unacknowledged_ms: 20_000,
            control_bytes: 64 * 1024,
            talk_bytes: 256 * 1024,
            talk_hard_bytes: 1024 * 1024,
            talk_grace_ms: 10_000,
            bulk_bytes: 1024 * 1024,
            send_buffer_bytes: 64 * 1024,
            burst: 40,
            asks_per_second: 10,
            debt_ms: 5_000,
            connections: 10_000,
            connections_per_address: 64,
            connects_per_second_per_address: 20,
            exempt_loopback: true,
            recent_messages: 50,
            history_page: 500,
            history_page_bytes: 128 * 1024,
            history_events: 1_000,
            history_bytes: 1024 * 1024,
            catch_up_events: 10_000,
            transfer_window_bytes: 4 * 1024 * 1024,
            transfer_bytes: 16 * 1024 * 1024,
            transfer_silence_ms: 60_000,
            transfer_gather_ms: 250,
            logins_per_minute: 5,
            registrations_per_hour: 20,
            login_wait_ms: 900_000,
            login_records: 10_000,
            hash_waiting: 64,
            hook_ms: 2_000,
            shutdown_ms: 10_000,
            reconnect_after_ms: 1_000,
        }
    }
}

impl Limits {
    /// These limits without those on how fast and how often: for benchmarks and closed machines.
    #[must_use]
    pub fn trusting(self) -> Limits {
        Limits {
            burst: u32::MAX,
            asks_per_second: u32::MAX,
            connections_per_address: usize::MAX,
            connects_per_second_per_address: u32::MAX,
            logins_per_minute: u32::MAX,
            registrations_per_hour: u32::MAX,
            ..self
        }
    }
}
