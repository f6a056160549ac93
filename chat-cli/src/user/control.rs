//! The socket in a data folder, by which a running server is asked about its accounts: one JSON request a line, answered in
//! lines. Its own user reaches it, and root; nobody else, whatever the modes of the folder are.

use std::path::Path;

use chat_net::AccountBook;
use chat_net::chat_core::AccountAct;
use serde::{Deserialize, Serialize};

use super::words::Row;
use crate::exit::{self, Exit};

/// What a running server is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Request {
    /// All accounts.
    List,
    /// Something is to be done. Passwords come as hashes.
    Act(AccountAct),
}

/// What it answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    /// Some of the accounts; more follow, or [`Reply::Done`].
    Accounts(Vec<Row>),
    /// That is all.
    Done,
    /// It was not done, and why.
    Refused(String),
}

/// An answer that no server of this version gives.
pub(super) fn strange() -> anyhow::Error {
    exit::because(Exit::Failed, "the server that has the folder answers in a way that is not known here")
}

#[cfg(unix)]
pub(crate) use unix::Control;
#[cfg(unix)]
pub(super) use unix::Line;

#[cfg(unix)]
mod unix {
    use std::fmt::Display;
    use std::fs::{self, Permissions};
    use std::io::{self, ErrorKind};
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
    use tokio::net::{UnixListener, UnixStream};
    use tokio::sync::Semaphore;
    use tokio::task::{JoinHandle, JoinSet};
    use tokio::time::{sleep, timeout};

    use super::*;

    /// Its name in the folder.
    const SOCKET: &str = "control.sock";

    /// The longest line.
    const LINE_BYTES: u64 = 256 * 1024;

    /// Accounts in one line; a name has at most 255 bytes.
    const ROWS: usize = 500;

    /// Who asks at once; more wait.
    const ASKERS: usize = 8;

    /// How long whoever asks may take for a line, and the server for the answer to one.
    const PATIENCE: Duration = Duration::from_secs(10);

    /// After a call that could not be taken, out of file handles most likely.
    const PAUSE: Duration = Duration::from_secs(1);

    /// The server's end. The socket is there for as long as this exists.
    #[derive(Debug)]
    pub(crate) struct Control {
        path: PathBuf,
        answering: JoinHandle<()>,
    }

    impl Control {
        /// Answers in `folder`, which this process has for itself: a socket that is there was left by one that was killed.
        /// If it cannot, the server runs all the same, and says so in the log.
        pub(crate) fn listen(folder: &Path, book: AccountBook) -> Option<Control> {
            let path = folder.join(SOCKET);
            match bind(&path) {
                Ok(listener) => {
                    let answering = tokio::spawn(answer(listener, book));
                    Some(Control { path, answering })
                }
                Err(error) => {
                    let path = path.display();
                    tracing::warn!(%error, %path, "'chat-cli user' cannot reach this server; stop it for that");
                    None
                }
            }
        }
    }

    impl Drop for Control {
        fn drop(&mut self) {
            self.answering.abort();
            // Left behind, it is replaced at the next start.
            let _ = fs::remove_file(&self.path);
        }
    }

    fn bind(path: &Path) -> io::Result<UnixListener> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        Ok(listener)
    }

    async fn answer(listener: UnixListener, book: AccountBook) {
        let places = Arc::new(Semaphore::new(ASKERS));
        // They end with this task.
        let mut conversations = JoinSet::new();
        let mut is_told = false;
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    if !std::mem::replace(&mut is_told, true) {
                        tracing::warn!(%error, "'chat-cli user' cannot reach this server for now");
                    }
                    sleep(PAUSE).await;
                    continue;
                }
            };
            is_told = false;
            while conversations.try_join_next().is_some() {}
            if !is_trusted(&stream) {
                tracing::warn!("another user of this machine asked about accounts, and was not answered");
                continue;
            }
            let book = book.clone();
            conversations.spawn(async move {
                // Whoever does not wait for the answer needs none.
                let _ = converse(stream, &book).await;
                drop(place);
            });
        }
    }

    fn is_trusted(stream: &UnixStream) -> bool {
        let own = rustix::process::geteuid().as_raw();
        stream.peer_cred().is_ok_and(|peer| peer.uid() == own || peer.uid() == 0)
    }

    async fn converse(stream: UnixStream, book: &AccountBook) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        while let Some(line) = timeout(PATIENCE, next_line(&mut stream)).await?? {
            timeout(PATIENCE, reply(&mut stream, &line, book)).await??;
        }
        Ok(())
    }

    async fn reply(stream: &mut BufReader<UnixStream>, line: &[u8], book: &AccountBook) -> io::Result<()> {
        let replies = match serde_json::from_slice(line) {
            Ok(Request::List) => match book.all().await {
                Ok(all) => {
                    let rows: Vec<Row> = all.iter().map(Row::from).collect();
                    let pages = rows.chunks(ROWS).map(|rows| Reply::Accounts(rows.to_vec()));
                    pages.chain([Reply::Done]).collect()
                }
                Err(error) => vec![Reply::Refused(error.to_string())],
            },
            Ok(Request::Act(act)) => vec![match book.act(act).await {
                Ok(()) => Reply::Done,
                Err(chat_net::AccountError::Refused(refusal)) => Reply::Refused(refusal.message.to_string()),
                Err(error) => Reply::Refused(error.to_string()),
            }],
            Err(error) => vec![Reply::Refused(format!("that is no request: {error}"))],
        };
        for reply in replies {
            write_line(stream, &reply).await?;
        }
        Ok(())
    }

    async fn next_line(stream: &mut BufReader<UnixStream>) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        stream.take(LINE_BYTES).read_until(b'\n', &mut line).await?;
        Ok((line.pop() == Some(b'\n')).then_some(line))
    }

    async fn write_line<T: Serialize>(stream: &mut BufReader<UnixStream>, what: &T) -> io::Result<()> {
        let mut line = serde_json::to_vec(what)?;
        line.push(b'\n');
        stream.write_all(&line).await
    }

    /// The asker's end.
    #[derive(Debug)]
    pub(in super::super) struct Line(BufReader<UnixStream>);

    impl Line {
        /// The line to the server that runs on `folder`, if there is one.
        ///
        /// # Errors
        /// There is one, and it is not this user's.
        pub(in super::super) async fn open(folder: &Path) -> anyhow::Result<Option<Line>> {
            let path = folder.join(SOCKET);
            match UnixStream::connect(&path).await {
                Ok(stream) => Ok(Some(Line(BufReader::new(stream)))),
                Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                    let why = format!("{}: {error}; the server is another user's", path.display());
                    Err(exit::because(Exit::NotPermitted, why))
                }
                // Nobody answers there: if a server has the folder nevertheless, to open it says so.
                Err(_) => Ok(None),
            }
        }

        /// Asks, and waits for the first line of the answer.
        ///
        /// # Errors
        /// The server does not answer.
        pub(in super::super) async fn ask(&mut self, request: &Request) -> anyhow::Result<Reply> {
            timeout(PATIENCE, write_line(&mut self.0, request)).await.map_err(gone)?.map_err(gone)?;
            self.next().await
        }

        async fn next(&mut self) -> anyhow::Result<Reply> {
            let line = timeout(PATIENCE, next_line(&mut self.0)).await.map_err(gone)?.map_err(gone)?;
            let line = line.ok_or_else(|| gone("it hung up"))?;
            serde_json::from_slice(&line).map_err(|_| strange())
        }

        /// All accounts.
        ///
        /// # Errors
        /// As [`Line::ask`].
        pub(in super::super) async fn all(&mut self) -> anyhow::Result<Vec<Row>> {
            let mut all = Vec::new();
            let mut reply = self.ask(&Request::List).await?;
            loop {
                match reply {
                    Reply::Accounts(rows) => all.extend(rows),
                    Reply::Done => return Ok(all),
                    Reply::Refused(why) => return Err(exit::because(Exit::Failed, why)),
                }
                reply = self.next().await?;
            }
        }
    }

    /// A failure that is told as one: a pipe that broke here is not that of whoever reads the output.
    fn gone(why: impl Display) -> anyhow::Error {
        let gone = "the server that has the folder does not answer; look whether it was done, with 'chat-cli user list'";
        exit::because(Exit::Failed, format!("{gone}: {why}"))
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use chat_net::Server;

        #[tokio::test]
        async fn a_server_that_hung_up_is_a_failure_that_is_told() {
            let (near, far) = UnixStream::pair().unwrap();
            drop(far);
            let error = Line(BufReader::new(near)).ask(&Request::List).await.unwrap_err();
            assert!(!exit::is_broken_pipe(&error) && exit::of(&error) == Exit::Failed, "{error:#}");
            assert!(format!("{error:#}").contains("does not answer"), "{error:#}");
        }

        #[tokio::test]
        async fn a_running_server_is_asked_and_only_in_words_that_it_knows() {
            let folder = std::env::temp_dir().join(format!("chat-cli-control-{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            assert!(Line::open(&folder).await.unwrap().is_none());
            fs::write(folder.join(SOCKET), "left by one that was killed").unwrap();
            assert!(Line::open(&folder).await.unwrap().is_none());
            let server = Server::builder().start().await.unwrap();
            let control = Control::listen(&folder, server.account_book()).unwrap();
            let mode = fs::metadata(folder.join(SOCKET)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            let mut line = Line::open(&folder).await.unwrap().unwrap();
            for number in 0..ROWS + 1 {
                let register = AccountAct::Register { name: format!("u{number}").into(), password: None };
                assert!(matches!(line.ask(&Request::Act(register)).await.unwrap(), Reply::Done));
            }
            assert_eq!(line.all().await.unwrap().len(), ROWS + 1);
            let again = AccountAct::Register { name: "U7".into(), password: None };
            assert!(matches!(line.ask(&Request::Act(again)).await.unwrap(), Reply::Refused(_)));
            line.0.write_all(b"{\"act\":7}\n").await.unwrap();
            assert!(matches!(line.next().await.unwrap(), Reply::Refused(why) if why.contains("no request")));
            drop(control);
            assert!(!folder.join(SOCKET).exists());
            fs::remove_dir_all(&folder).unwrap();
        }
    }
}

/// Here there are no such sockets.
#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) struct Control(());

#[cfg(not(unix))]
impl Control {
    /// Never answers.
    pub(crate) fn listen(_: &Path, _: AccountBook) -> Option<Control> {
        None
    }
}

/// Never opened.
#[cfg(not(unix))]
#[derive(Debug)]
pub(super) struct Line(std::convert::Infallible);

#[cfg(not(unix))]
impl Line {
    pub(super) async fn open(_: &Path) -> anyhow::Result<Option<Line>> {
        Ok(None)
    }

    pub(super) async fn ask(&mut self, _: &Request) -> anyhow::Result<Reply> {
        match self.0 {}
    }

    pub(super) async fn all(&mut self) -> anyhow::Result<Vec<Row>> {
        match self.0 {}
    }
}
