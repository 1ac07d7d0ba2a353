//! Reads back-ups, and copies with a checksum. Memory is bounded by [`CHUNK_BYTES`].

use std::{io::SeekFrom, path::Path};

use aws_lc_rs::digest::{Context, SHA256};
use color_eyre::eyre::{Context as _, bail};
use tokio::{
    fs::File,
    io::{self, AsyncRead, AsyncReadExt, AsyncSeekExt, AsyncWrite, AsyncWriteExt},
};

use super::manifest::{BLOCK_BYTES, Manifest, ManifestError};

const CHUNK_BYTES: usize = 1 << 20;

/// A file whose manifest is whole. The database in it is not checked yet.
#[derive(Debug)]
pub(super) struct Backup {
    file: File,
    pub(super) manifest: Manifest,
}

impl Backup {
    pub(super) async fn open(path: &Path) -> color_eyre::Result<Self> {
        let name = path.display();
        let mut file = File::open(path).await.wrap_err_with(|| format!("{name} can't be read"))?;
        let size = file.metadata().await?.len();
        let Some(database_bytes) = size.checked_sub(BLOCK_BYTES.into()) else {
            bail!("{name} can't be used: {}", ManifestError::Missing)
        };
        file.seek(SeekFrom::Start(database_bytes)).await?;
        let mut block = vec![0_u8; BLOCK_BYTES.into()];
        file.read_exact(&mut block).await.wrap_err_with(|| format!("{name} can't be read"))?;
        let manifest = Manifest::from_block(&block).wrap_err_with(|| format!("{name} can't be used"))?;
        if manifest.size_bytes != database_bytes {
            bail!(
                "{name} can't be used: its database has {database_bytes} bytes, its manifest says {}",
                manifest.size_bytes
            )
        }
        Ok(Self { file, manifest })
    }

    /// Writes the database to the empty file `to` and to the disk. Fails if its checksum is not that of the manifest.
    pub(super) async fn extract(&mut self, to: std::fs::File) -> color_eyre::Result<()> {
        let Self { file, manifest } = self;
        file.seek(SeekFrom::Start(0)).await?;
        let mut to = File::from_std(to);
        let (_, sha256) =
            copy(file.take(manifest.size_bytes), &mut to).await.wrap_err("the database can't be copied")?;
        if sha256 != manifest.sha256 {
            bail!("the back-up is damaged: its SHA-256 is {sha256}, its manifest says {}", manifest.sha256)
        }
        to.sync_all().await.wrap_err("the database can't be written to the disk")
    }
}

/// Copies `from` to its end. Returns the number of bytes and their SHA-256 in hexadecimal.
pub(super) async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
) -> io::Result<(u64, String)> {
    let mut digest = Context::new(&SHA256);
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut bytes = 0;
    loop {
        let read = from.read(&mut buffer).await?;
        let chunk = buffer.get(..read).unwrap_or_default();
        if chunk.is_empty() {
            break;
        }
        digest.update(chunk);
        to.write_all(chunk).await?;
        bytes += u64::try_from(read).unwrap_or_default();
    }
    to.flush().await?;
    Ok((bytes, hex::encode(digest.finish())))
}

/// Makes a new name in a folder last through a loss of power.
pub(super) fn sync_folder(folder: &Path) -> color_eyre::Result<()> {
    let synced = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
    synced.wrap_err_with(|| format!("{} can't be written to the disk", folder.display()))
}
