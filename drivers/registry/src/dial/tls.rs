//! TLS settings: the host's own authorities, or none at all for insecure registries.
//!
//! Made when the first encrypted connection is: the authorities take a megabyte of memory that an
//! engine without a remote registry never pays.

use std::io;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, InvalidMessage, RootCertStore,
    SignatureScheme,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::DialError;

/// Whose certificates are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// The host's certificate authorities.
    Host,
    /// Everybody: only for registries that may be insecure.
    Anyone,
}

/// Encrypts a connection.
pub(super) async fn handshake(
    stream: TcpStream,
    host: &str,
    trust: Trust,
) -> Result<TlsStream<TcpStream>, DialError> {
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let name = ServerName::try_from(bare.unwrap_or(host).to_owned())
        .map_err(|_| DialError::Tls(format!("invalid server name {host}")))?;
    let connector = TlsConnector::from(settings(trust)?);
    connector.connect(name, stream).await.map_err(explain)
}

fn settings(trust: Trust) -> Result<Arc<ClientConfig>, DialError> {
    static HOST: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    static ANYONE: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    let cell = match trust {
        Trust::Host => &HOST,
        Trust::Anyone => &ANYONE,
    };
    if let Some(config) = cell.get() {
        return Ok(config.clone());
    }
    let config = build(trust).map_err(|e| DialError::Tls(e.to_string()))?;
    Ok(cell.get_or_init(|| Arc::new(config)).clone())
}

fn build(trust: Trust) -> Result<ClientConfig, Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?;
    Ok(match trust {
        Trust::Host => {
            let mut roots = RootCertStore::empty();
            // What cannot be read vouches for nobody: connections then fail with their own error.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            builder.with_root_certificates(roots).with_no_client_auth()
        }
        Trust::Anyone => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
            .with_no_client_auth(),
    })
}

fn explain(error: io::Error) -> DialError {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Error>());
    match inner {
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => DialError::NotTls,
        Some(Error::InvalidCertificate(certificate)) if is_unknown(certificate) => {
            DialError::Certificate("certificate signed by unknown authority".to_owned())
        }
        Some(Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        )) => DialError::Certificate("certificate has expired or is not yet valid".to_owned()),
        Some(Error::InvalidCertificate(other)) => DialError::Certificate(other.to_string()),
        Some(other) => DialError::Tls(other.to_string()),
        None => DialError::Tls(error.to_string()),
    }
}

/// Nobody vouches for the certificate. A certificate that was made to sign others and signed itself
/// (as `openssl req -x509` makes them) is told by its name only.
fn is_unknown(error: &CertificateError) -> bool {
    match error {
        CertificateError::UnknownIssuer => true,
        CertificateError::Other(other) => other.to_string() == "CaUsedAsEndEntity",
        _ => false,
    }
}

/// Believes any certificate, but checks that the peer holds its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
