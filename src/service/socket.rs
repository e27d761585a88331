//! Sockets: a connection, such that a small request or answer leaves in one piece.

use std::{
    io::{self, IoSlice},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tonic::transport::server::{Connected, TcpConnectInfo};

/// What is held back at most, in bytes: a request of an event with its headers is well below it, and what is larger
/// would be copied for nothing.
const HELD_BYTES_MAX: usize = 4 << 10;

/// A connection.
///
/// The HTTP/2 library writes the frames of a call one by one. Several small writes are several packets, and a peer that wakes up
/// as often. So what is small is held back until the library says that it has no more (it flushes), and leaves in one write.
#[derive(Debug)]
pub struct Socket<S> {
    stream: S,
    held: BytesMut,
    turn: Turn,
}

/// Whether the other tasks of the thread have their turn before what is held back leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// They need none.
    None,
    /// They are to have it at the next flush.
    Due,
    /// They are having it.
    Taken,
}

impl<S: AsyncWrite + Unpin> Socket<S> {
    /// A server's side: an answer is complete when the library flushes.
    pub fn of_server(stream: S) -> Socket<S> {
        Socket { stream, held: BytesMut::with_capacity(HELD_BYTES_MAX), turn: Turn::None }
    }

    /// A client's side. The library flushes the headers of a call as soon as its stream is open, and lets the call hand over
    /// its message only then. So the other tasks of this thread have their turn before anything leaves: by then the rest of the
    /// request is there.
    pub fn of_client(stream: S) -> Socket<S> {
        Socket { turn: Turn::Due, ..Socket::of_server(stream) }
    }

    /// Writes what is held back, and `bytes` behind it; ready when nothing of the former is left, with how much there
    /// was of the latter.
    fn poll_release(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let stream = &mut self.stream;
        while !self.held.is_empty() {
            let buffers = [IoSlice::new(&self.held), IoSlice::new(bytes)];
            let written = ready!(Pin::new(&mut *stream).poll_write_vectored(context, &buffers))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            let held = self.held.len();
            if held < written {
                self.held.clear();
                return Poll::Ready(Ok(written - held));
            }
            self.held.advance(written);
        }
        if bytes.is_empty() { Poll::Ready(Ok(0)) } else { Pin::new(stream).poll_write(context, bytes) }
    }
}

impl Connected for Socket<TcpStream> {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.connect_info()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.held.len() + bytes.len() <= HELD_BYTES_MAX {
            self.held.extend_from_slice(bytes);
            return Poll::Ready(Ok(bytes.len()));
        }
        self.poll_release(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.held.is_empty() && self.turn == Turn::Due {
            self.turn = Turn::Taken;
            // Wakes this task once the others of this thread have had their turn; whatever wakes it before will do as well.
            let turn = pin!(tokio::task::yield_now());
            if turn.poll(context).is_pending() {
                return Poll::Pending;
            }
        }
        ready!(self.poll_release(context, &[]))?;
        if self.turn == Turn::Taken {
            self.turn = Turn::Due;
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_release(context, &[]))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    /// What was written, piece by piece; never more than so many bytes at once.
    struct Pieces {
        written: Vec<Vec<u8>>,
        at_once: usize,
    }

    impl AsyncWrite for Pieces {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            let taken = &bytes[..bytes.len().min(self.at_once)];
            self.written.push(taken.to_vec());
            Poll::Ready(Ok(taken.len()))
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            context: &mut Context<'_>,
            buffers: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            let bytes: Vec<u8> = buffers.iter().flat_map(|buffer| buffer.iter().copied()).collect();
            self.poll_write(context, &bytes)
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    /// Writes what is given and flushes, and compares how it leaves when so many bytes are taken at once.
    async fn check(at_once: usize, writes: &[&[u8]], expected: &[&[u8]]) {
        for side in [Socket::of_server, Socket::of_client] {
            let mut socket = side(Pieces { written: Vec::new(), at_once });
            let before = socket.turn;
            for bytes in writes {
                socket.write_all(bytes).await.unwrap();
            }
            socket.flush().await.unwrap();
            assert_eq!(socket.stream.written, expected);
            assert!(socket.held.is_empty() && socket.turn == before);
        }
    }

    #[tokio::test]
    async fn what_is_small_leaves_in_one_piece() {
        let large = [b'x'; HELD_BYTES_MAX];
        let behind = [b"small".as_slice(), &large].concat();
        check(usize::MAX, &[], &[]).await;
        check(usize::MAX, &[b"headers ", b"message ", b"end"], &[b"headers message end"]).await;
        check(9, &[b"headers ", b"message ", b"end"], &[b"headers m", b"essage en", b"d"]).await;
        check(usize::MAX, &[&large], &[&large]).await;
        check(usize::MAX, &[b"small", &large, b"end"], &[&behind, b"end"]).await;
        check(3, &[b"small", &large[..3], b"fin"], &[b"sma", b"llx", b"xxf", b"in"]).await;
    }

    #[tokio::test]
    async fn the_other_tasks_have_their_turn_before_anything_leaves() {
        let (near, mut far) = duplex(64);
        let mut socket = Socket::of_client(near);
        socket.write_all(b"headers ").await.unwrap();
        let waits = poll_fn(|context| Poll::Ready(Pin::new(&mut socket).poll_flush(context).is_pending()));
        assert!(waits.await);
        let mut byte = [0];
        let mut buffer = ReadBuf::new(&mut byte);
        let is_silent =
            poll_fn(|context| Poll::Ready(Pin::new(&mut far).poll_read(context, &mut buffer).is_pending()));
        assert!(is_silent.await);
        socket.write_all(b"message").await.unwrap();
        socket.flush().await.unwrap();
        drop(socket);
        let mut read = String::new();
        far.read_to_string(&mut read).await.unwrap();
        assert_eq!(read, "headers message");
    }

    #[tokio::test]
    async fn nothing_is_held_back_from_a_shutdown() {
        let (near, mut far) = duplex(64);
        let mut socket = Socket::of_server(near);
        socket.write_all(b"last words").await.unwrap();
        socket.shutdown().await.unwrap();
        let mut read = String::new();
        far.read_to_string(&mut read).await.unwrap();
        assert_eq!(read, "last words");
    }
}
