//! A connection with a limit on the bytes that are read.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The peer sent more than the limit.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the read limit is exceeded")]
pub(super) struct ReadLimitExceeded;

/// A stream whose reads fail with [`ReadLimitExceeded`] once the limit is reached. Reads of a TCP stream that is always
/// ready still yield to other tasks, because tokio limits consecutive reads.
#[derive(Debug)]
pub(super) struct Bounded<Stream> {
    stream: Stream,
    left: usize,
}

impl<Stream> Bounded<Stream> {
    pub(super) const fn new(stream: Stream, bytes: usize) -> Self {
        Self { stream, left: bytes }
    }
}

impl<Stream: AsyncRead + Unpin> AsyncRead for Bounded<Stream> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            return Poll::Ready(Err(io::Error::other(ReadLimitExceeded)));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.left = self.left.saturating_sub(buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl<Stream: AsyncWrite + Unpin> AsyncWrite for Bounded<Stream> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn reads_stop_within_one_buffer_of_the_limit() {
        let mut endless = Bounded::new(tokio::io::repeat(b'x'), 100);
        let mut read = [0; 64];
        assert_eq!(endless.read(&mut read).await.unwrap(), 64);
        assert_eq!(endless.read(&mut read).await.unwrap(), 64);
        let error = endless.read(&mut read).await.unwrap_err();
        assert!(error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<ReadLimitExceeded>), "{error}");
    }
}
