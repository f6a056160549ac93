//! A store in memory with something in the way: slow, failing or late. One wrapper for all of them.

use async_trait::async_trait;
use chat_core::{Anchor, Config, Epoch, Number};
use chat_net::{
    Available, Limits, Memory, Messages, Page, PageLimit, Record, Recovered, Search, Store, StoreError,
};

/// What happens around what a store is asked to do.
#[async_trait]
pub(crate) trait Hooks: Send + Sync + 'static {
    /// What was kept before.
    async fn recover(&self) -> Recovered {
        Recovered::default()
    }

    /// Before records are appended.
    async fn before_append(&self, _records: &[Record]) -> Result<(), StoreError> {
        Ok(())
    }

    /// After records were appended, before anybody is told.
    async fn after_append(&self) {}

    /// Before anything is read.
    async fn before_read(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Ready when it fails by itself.
    async fn failed(&self) -> StoreError {
        std::future::pending().await
    }

    /// What the store says of itself.
    fn has_space(&self) -> bool {
        true
    }
}

pub(crate) struct Hooked<H> {
    pub(crate) hooks: H,
    inner: Memory,
}

impl<H> Hooked<H> {
    pub(crate) fn new(hooks: H, limits: &Limits) -> Hooked<H> {
        Hooked { hooks, inner: Memory::new(limits) }
    }
}

#[async_trait]
impl<H: Hooks> Store for Hooked<H> {
    async fn recover(&self, _config: &Config) -> Result<Recovered, StoreError> {
        Ok(self.hooks.recover().await)
    }

    async fn append(&self, records: Vec<Record>) -> Result<(), StoreError> {
        self.hooks.before_append(&records).await?;
        self.inner.append(records).await?;
        self.hooks.after_append().await;
        Ok(())
    }

    fn has_space(&self) -> bool {
        self.hooks.has_space()
    }

    async fn first_available(&self, room: Epoch) -> Result<Option<Available>, StoreError> {
        self.hooks.before_read().await?;
        self.inner.first_available(room).await
    }

    async fn read(
        &self,
        room: Epoch,
        after: Number,
        upto: Number,
        limit: PageLimit,
    ) -> Result<Page, StoreError> {
        self.hooks.before_read().await?;
        self.inner.read(room, after, upto, limit).await
    }

    async fn messages(
        &self,
        room: Epoch,
        head: Number,
        anchor: Anchor,
        limit: PageLimit,
    ) -> Result<Messages, StoreError> {
        self.hooks.before_read().await?;
        self.inner.messages(room, head, anchor, limit).await
    }

    async fn search(&self, search: Search) -> Result<Messages, StoreError> {
        self.hooks.before_read().await?;
        self.inner.search(search).await
    }

    async fn failed(&self) -> StoreError {
        self.hooks.failed().await
    }

    fn durability(&self) -> &'static str {
        "memory"
    }
}
