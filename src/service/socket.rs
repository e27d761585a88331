//! Sockets: the connection of a client, such that a small answer leaves in one piece.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tonic::transport::server::{Connected, TcpConnectInfo};

/// A connection.
///
/// The HTTP/2 library asks once, before it writes anything, whether several buffers can be written at once. If so, it does
/// not copy messages of 256 bytes and more behind their headers, and then sends what follows the message, the status of
/// the call, by itself: a second packet, and a client that wakes up twice. If not, that begins at 1,024 bytes. So a
/// connection says no until the first bytes are written, and yes from then on, for the sake of what is large.
#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    has_written: bool,
}

impl Socket {
    /// The socket over a connection that nothing has been written to.
    pub const fn new(stream: TcpStream) -> Socket {
        Socket { stream, has_written: false }
    }
}

impl Connected for Socket {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.connect_info()
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.has_written = true;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.has_written = true;
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.has_written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    #[tokio::test]
    async fn several_buffers_go_at_once_from_the_second_write_on() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut client = TcpStream::connect(address).await.unwrap();
        let mut socket = Socket::new(listener.accept().await.unwrap().0);
        assert_eq!(socket.connect_info().local_addr, Some(address));
        assert!(!socket.is_write_vectored());
        socket.write_all(b"one").await.unwrap();
        assert!(socket.is_write_vectored());
        let written = socket.write_vectored(&[IoSlice::new(b"two"), IoSlice::new(b"three")]).await.unwrap();
        socket.shutdown().await.unwrap();
        let mut read = Vec::new();
        client.read_to_end(&mut read).await.unwrap();
        assert_eq!(read, b"onetwothree"[..3 + written]);
    }
}
