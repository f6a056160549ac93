//! What an embedder says to each ask before the log has it.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use chat_core::Ask;

/// Who asks.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Asker {
    /// The user's name, as first written.
    pub user: Arc<str>,
    /// The address that the connection came from, if it has one: a whole address, whatever the limits take for one.
    pub address: Option<IpAddr>,
}

/// What becomes of an ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It goes on as it is, or as this one.
    Allow(Ask),
    /// It is refused with `not_allowed` and this sentence: it should say what to do.
    Refuse(String),
}

/// Sees every ask of every connection before the log does, those of a hello's rooms included, and may change or refuse it.
///
/// What it lets through is judged by the chat as any other ask is. The asks of one connection are judged one after the
/// other, in their order; those of different connections at the same time.
///
/// It has [`Limits::hook_ms`](crate::Limits::hook_ms) for each; if it takes longer its future is dropped, and if it panics
/// the panic is contained. Either way the ask is refused with `busy`, and may be repeated. It must not block its
/// thread: nothing can take that back.
///
/// A client whose connection broke asks again under the same request id, and the gate judges that anew. What changes an
/// ask should change equal ones alike: the chat refuses another ask under the same id with `id_reused`.
///
/// ```
/// use chat_net::auth::{Asker, Gate, Judgement};
/// use chat_net::chat_core::Ask;
///
/// /// Nobody shouts.
/// struct Quiet;
///
/// #[async_trait::async_trait]
/// impl Gate for Quiet {
///     async fn judge(&self, _: &Asker, ask: Ask) -> Judgement {
///         Judgement::Allow(match ask {
///             Ask::Say { room, body } => Ask::Say { room, body: body.to_lowercase().into() },
///             ask => ask,
///         })
///     }
/// }
/// # fn main() {
/// let builder = chat_net::Server::builder().gate(Quiet);
/// # drop(builder);
/// # }
/// ```
#[async_trait]
pub trait Gate: Send + Sync + 'static {
    /// Says what becomes of one ask.
    async fn judge(&self, by: &Asker, ask: Ask) -> Judgement;
}

/// A gate that was chosen when the server was built.
#[derive(Clone)]
pub(crate) struct GateChoice(pub(crate) Arc<dyn Gate>);

impl fmt::Debug for GateChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}
