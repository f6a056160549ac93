//! How a client comes and stays.

use std::time::Duration;

use crate::client::sleep;
use crate::codec::Secret;

/// Who a client is, and how it behaves when the link breaks.
///
/// ```
/// use chat_net::client::Options;
/// let options = Options::named("bot").rooms(["dev", "ops"]).reconnect(false);
/// assert_eq!(options.name, "bot");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The name it wants.
    pub name: String,
    /// The rooms it begins in; `None`: the server's start rooms.
    pub rooms: Option<Vec<String>>,
    /// What proves that the name is its own: the password of an account, or what else the server takes. None: it comes
    /// without an account. It is said when there is no session to go on with, after a break too, and kept in memory for
    /// that. A client that was [logged out](chat_core::Code::LoggedOut), or whose account is
    /// [disabled](chat_core::Code::AccountDisabled), ends with that code all the same; one whose session was
    /// [revoked](chat_core::Code::SessionRevoked) logs in again.
    pub password: Option<Secret>,
    /// Whether the first connection makes the account, with that password.
    pub register: bool,
    /// The server's own password, where it has one.
    pub server_password: Option<Secret>,
    /// Whether it comes back by itself when the link breaks. After a sleep of this machine it then leaves its link, which is
    /// dead most often, and comes back at once.
    pub reconnect: bool,
    /// The first pause before it comes back; each later one is twice as long, and each is shortened by a
    /// random part of at most its half.
    pub backoff_min: Duration,
    /// The longest pause.
    pub backoff_max: Duration,
    /// How long one attempt to connect may take, from the first byte to the welcome.
    pub connect_timeout: Duration,
    /// After so long a silence of the server, it is asked whether it is there.
    pub ping_after: Duration,
    /// After so long a silence of the server, the link is given up.
    pub dead_after: Duration,
    /// How long this machine has slept, counted from some moment on: a seam for tests, which have a sleep of their own.
    #[doc(hidden)]
    pub asleep: fn() -> Duration,
    /// How long [`Client::quit`](crate::client::Client::quit) waits for the server's goodbye.
    pub quit_wait: Duration,
    /// Asks that wait for an answer at once, and as many queries; one more waits in [`Client::ask`].
    /// The server's limit holds, if it is lower.
    ///
    /// [`Client::ask`]: crate::client::Client::ask
    pub unanswered: usize,
    /// Notices that wait in [`Events`](crate::client::Events). At it, nothing more is read from the link
    /// unless an answer is awaited or a file is on its way; at four times as many, nothing in any case, and the server lets go of a
    /// client that does not read.
    pub events: usize,
    /// Bytes of received files that wait for the disk, in all transfers. At it, nothing more is read from the link until
    /// some are written. A server sends no more than its window of each file before some are acknowledged, so that this
    /// is reached by many files on a slow disk, or by a server that breaks its own rules.
    pub waiting_file_bytes: usize,
    /// Whether TLS is spoken, and which servers are trusted then; `None`: nothing is encrypted. It is
    /// [`Client::connect`]'s: what runs over another link is protected by whoever opens that.
    ///
    /// [`Client::connect`]: crate::client::Client::connect
    #[cfg(feature = "tls")]
    pub tls: Option<crate::tls::Trust>,
}

impl Options {
    /// The defaults, under that name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Options {
        Options {
            name: name.into(),
            rooms: None,
            password: None,
            register: false,
            server_password: None,
            reconnect: true,
            backoff_min: Duration::from_millis(250),
            backoff_max: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(10),
            ping_after: Duration::from_secs(20),
            dead_after: Duration::from_secs(30),
            asleep: sleep::asleep,
            quit_wait: Duration::from_secs(2),
            unanswered: 256,
            events: 8192,
            waiting_file_bytes: 32 * 1024 * 1024,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// Begins in these rooms instead of the server's start rooms; none is possible too.
    #[must_use]
    pub fn rooms<R: Into<String>>(mut self, rooms: impl IntoIterator<Item = R>) -> Options {
        self.rooms = Some(rooms.into_iter().map(Into::into).collect());
        self
    }

    /// Logs in to the account of that name.
    #[must_use]
    pub fn password(mut self, password: impl Into<Secret>) -> Options {
        self.password = Some(password.into());
        self
    }

    /// Makes the account of that name, with that password, and is in it.
    #[must_use]
    pub fn register(mut self, password: impl Into<Secret>) -> Options {
        self.register = true;
        self.password(password)
    }

    /// Says the server's own password first.
    #[must_use]
    pub fn server_password(mut self, password: impl Into<Secret>) -> Options {
        self.server_password = Some(password.into());
        self
    }

    /// Speaks TLS, with servers that are trusted so.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, trust: crate::tls::Trust) -> Options {
        self.tls = Some(trust);
        self
    }

    /// Comes back by itself, or not, when the link breaks.
    #[must_use]
    pub fn reconnect(mut self, reconnect: bool) -> Options {
        self.reconnect = reconnect;
        self
    }
}
