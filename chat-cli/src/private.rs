//! Files and folders that nobody else can look into, where the system knows of others.

use std::fs::{DirBuilder, OpenOptions};

/// Makes folders of mode 0700.
pub(crate) fn folder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Makes files of mode 0600 to be written, and opens none that is there.
pub(crate) fn file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
