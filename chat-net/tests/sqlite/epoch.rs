//! Rooms are numbered anew only when something that was reported as kept may be gone.

use chat_net::chat_core::{Chat, Config, Epoch};
use chat_net::{Durability, Sqlite, SqliteOptions, Store, StoreError};

use crate::log::{Live, config};
use crate::scratch::{Folder, options, recover};

fn at(durability: Durability, boot: &str) -> SqliteOptions {
    let mut options = options();
    options.durability = durability;
    options.thresholds.boot = Some(boot.into());
    options
}

async fn base(store: &Sqlite, config: &Config) -> Epoch {
    store.recover(config).await.expect("it recovers").epoch.expect("it has one")
}

/// Lives for a while and ends, in good order or not; then starts on another day. Whether the epoch is another.
async fn changes(durability: Durability, close: bool, boot: &str, new_epoch: bool) -> bool {
    let folder = Folder::new();
    let (mut live, limits) = (Live::new(3), config(3));
    let store = folder.open(&at(durability, "monday"));
    let before = base(&store, &limits).await;
    store.append(live.go_on(200)).await.expect("it appends");
    if close {
        store.close().await.expect("it closes");
    }
    drop(store);
    let mut options = at(durability, boot);
    options.new_epoch = new_epoch;
    let store = folder.open(&options);
    let recovered = store.recover(&limits).await.expect("it recovers");
    let after = recovered.epoch.expect("it has one");
    let chat =
        Chat::restore(limits.clone(), recovered.snapshot.expect("it has a state")).expect("it is whole");
    for ((room, now), (_, then)) in chat.heads().zip(live.chat.heads()) {
        assert_eq!((&now.room, now.number), (&then.room, then.number), "numbers go on");
        assert_eq!(now.epoch, if before == after { then.epoch } else { after.of_room(room) });
    }
    if before == after {
        assert_eq!(chat.digest(), live.chat.digest());
    }
    // And it stays so.
    drop(store);
    let again = folder.open(&at(durability, boot));
    assert_eq!(base(&again, &limits).await, after);
    assert_eq!(recover(&again, &limits).await.digest(), chat.digest());
    before != after
}

#[tokio::test]
async fn the_epoch_changes_only_if_committed_data_may_be_lost() {
    use Durability::{Fsync, Os};
    assert!(changes(Os, false, "tuesday", false).await, "a power cut");
    assert!(!changes(Os, false, "monday", false).await, "killed, but the machine ran on");
    assert!(
        !changes(Os, true, "tuesday", false).await,
        "ended in good order, then the machine was restarted"
    );
    assert!(!changes(Fsync, false, "tuesday", false).await, "a power cut cannot take what the disk has");
    assert!(changes(Fsync, true, "monday", true).await, "the operator says so");
}

#[tokio::test]
async fn nothing_is_appended_under_a_numbering_that_must_change() {
    let folder = Folder::new();
    let mut live = Live::new(4);
    let store = folder.open(&at(Durability::Os, "monday"));
    store.append(live.go_on(50)).await.expect("it appends");
    drop(store);
    let store = folder.open(&at(Durability::Os, "tuesday"));
    let refused = store.append(live.go_on(50)).await;
    assert!(matches!(refused, Err(StoreError::Failed(what)) if what.contains("recovered before")));
    drop(store);
    // That start changed nothing: the next one still knows.
    let before: i64 = folder.look("SELECT min(epoch) FROM rooms");
    let store = folder.open(&at(Durability::Os, "tuesday"));
    base(&store, &config(4)).await;
    drop(store);
    assert_ne!(folder.look::<i64>("SELECT min(epoch) FROM rooms"), before);
}
