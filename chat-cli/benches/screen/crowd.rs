//! People who talk all the time.

use std::time::Duration;

use chat_net::client::{Client, Events, Options};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::interval;

/// So many of them share the talking.
const TALKERS: u32 = 4;

/// A room full of people who talk, in threads of their own. They leave with it.
pub(crate) struct Crowd {
    runtime: Runtime,
    talkers: Vec<(Client, Events)>,
}

impl Crowd {
    pub(crate) fn in_lobby(addr: &str) -> Crowd {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("the system has room for it");
        let join = |n| Client::connect(addr, Options::named(format!("talker{n}")));
        let talkers =
            (0..TALKERS).map(|n| runtime.block_on(join(n)).expect("the server takes them")).collect();
        Crowd { runtime, talkers }
    }

    /// Has `count` messages said, so many a second; gives a handle that is done when all of them are.
    pub(crate) fn talk(self, count: u32, per_second: u32) -> Talk {
        let mut talking = JoinSet::new();
        for (n, (client, mut events)) in (0..TALKERS).zip(self.talkers) {
            talking.spawn_on(async move { while events.next().await.is_some() {} }, self.runtime.handle());
            let pause = Duration::from_secs(1) * TALKERS / per_second;
            let say = async move {
                let mut turn = interval(pause);
                for message in (n..count).step_by(TALKERS as usize) {
                    turn.tick().await;
                    let words = "and what people say to each other goes on";
                    client
                        .say("lobby", &*format!("message {message} of {count} {words}"))
                        .await
                        .expect("taken");
                }
                client.quit().await;
            };
            talking.spawn_on(say, self.runtime.handle());
        }
        Talk { runtime: self.runtime, talking }
    }
}

/// Talk that goes on.
pub(crate) struct Talk {
    runtime: Runtime,
    talking: JoinSet<()>,
}

impl Talk {
    /// Waits until all is said.
    pub(crate) fn end(self) {
        let Talk { runtime, talking } = self;
        let all = runtime.block_on(talking.join_all());
        assert_eq!(all.len(), 2 * TALKERS as usize);
    }
}
