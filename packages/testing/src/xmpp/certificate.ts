/** A certificate for `xmpp.test` that nobody but tests believe, and its key: both are public, and good for nothing else. */
export const testCertificate = `-----BEGIN CERTIFICATE-----
MIIBpzCCAUygAwIBAgIUBwedKg1ugJti+2badHj9JF5gFzIwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJeG1wcC50ZXN0MCAXDTI2MTEyMzEwMDM1MVoYDzIxMjYxMDMw
MTAwMzUxWjAUMRIwEAYDVQQDDAl4bXBwLnRlc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAS23RK4Up4k33rFfoKIVL/BAf7AgR2NLREtwcvNZ6BjGjQBeutycnPr
OfJDczg8WGj27p0fbiOSBykllOjZSaeeo3oweDAdBgNVHQ4EFgQUDcJ8Rf8sTrkN
LGvFU/urOyxzrkcwHwYDVR0jBBgwFoAUDcJ8Rf8sTrkNLGvFU/urOyxzrkcwDwYD
VR0TAQH/BAUwAwEB/zAlBgNVHREEHjAcggl4bXBwLnRlc3SCD3Jvb21zLnhtcHAu
dGVzdDAKBggqhkjOPQQDAgNJADBGAiEAqM3+I5efguNmppcU2YMdz4DpPoaKdvQi
2+lFFryYEFwCIQDodHoSCAWjBoNWo1j4ziFvoUo/wjYnVmjz2Qs81ozOoA==
-----END CERTIFICATE-----
`;

export const testKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg56LaP74pwHQrQrB7
yxNIjFVuAvpiaF3yZt+A1oioyvahRANCAAS23RK4Up4k33rFfoKIVL/BAf7AgR2N
LREtwcvNZ6BjGjQBeutycnPrOfJDczg8WGj27p0fbiOSBykllOjZSaee
-----END PRIVATE KEY-----
`;
