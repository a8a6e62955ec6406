//! A limit on simultaneous connections: one more would take files and memory from those that are open.

use axum_server::accept::Accept;
use futures_util::future::Either;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Closes connections at once for which there is no place.
#[derive(Clone)]
pub struct Capped<A> {
    inner: A,
    places: Arc<Semaphore>,
}

impl<A> Capped<A> {
    pub fn new(inner: A, places: usize) -> Capped<A> {
        Capped { inner, places: Arc::new(Semaphore::new(places)) }
    }
}

impl<A: Accept<Placed<I>, S>, I, S> Accept<I, S> for Capped<A> {
    type Stream = A::Stream;
    type Service = A::Service;
    type Future = Either<A::Future, Ready<io::Result<(A::Stream, A::Service)>>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        match self.places.clone().try_acquire_owned() {
            Ok(place) => Either::Left(self.inner.accept(Placed { stream, _place: place }, service)),
            Err(_) => Either::Right(ready(Err(io::ErrorKind::ConnectionRefused.into()))),
        }
    }
}

/// A connection that has its place as long as it is there, a WebSocket's too.
pub struct Placed<I> {
    stream: I,
    _place: OwnedSemaphorePermit,
}

impl<I: AsyncRead + Unpin> AsyncRead for Placed<I> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context, into: &mut ReadBuf) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Placed<I> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context,
        slices: &[io::IoSlice],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum_server::accept::DefaultAcceptor;

    #[tokio::test]
    async fn who_comes_when_all_places_are_taken_is_turned_away_until_one_goes() {
        let capped = Capped::new(DefaultAcceptor::new(), 2);
        let one = capped.accept(tokio::io::empty(), ()).await.unwrap();
        let _two = capped.clone().accept(tokio::io::empty(), ()).await.unwrap();
        assert!(capped.accept(tokio::io::empty(), ()).await.is_err());
        drop(one);
        assert!(capped.accept(tokio::io::empty(), ()).await.is_ok());
    }
}
