// Package issuer is the demonstration issuer: a real OpenID Connect issuer for demonstration people and partners.
//
// It exists so that a platform that runs on one machine is signed in to exactly as a council's is: people by
// authorization code with PKCE (RFC 6749, RFC 7636), partners by client credentials with private_key_jwt (RFC 7523).
// What it leaves out is proof: whoever can open its page may sign in as any demonstration person, without a password.
// It must therefore never stand where a real child's record could be reached, and it guards that itself:
//
//   - its URL, and every redirect URI, is on a loopback address;
//   - it answers only requests that come from and are addressed to a loopback address;
//   - its data folder holds the file [MarkerFile], made when the folder was created as a demonstration.
//
// It sets no cookie: every sign-in asks who you are. Codes and used assertion ids are kept in memory only; the signing
// key is kept in the data folder, so tokens survive a restart. Assertions made before a restart are refused after it,
// since their ids are forgotten.
//
// [PersonToken] and [PartnerToken] are its clients, for the command that prints an access token.
package issuer
