// A real provider of OpenID Connect on loopback, for the tests: `node provider.mjs FOLDER REDIRECT_URI`, where FOLDER has the
// installed package. It says its address on standard output. Whoever signs in is whom they say they are, without a password:
// the name is the email.

import { createServer } from 'node:http'
import { pathToFileURL } from 'node:url'

const [folder, redirectUri] = process.argv.slice(2)
const { default: Provider } = await import(pathToFileURL(`${folder}/node_modules/oidc-provider/lib/index.js`))

// Its hints for production would go where nobody reads any more.
console.info = () => {}

const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'waybill', client_secret: 'a secret: with + and %', redirect_uris: [redirectUri] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    pkce: { required: () => true },
    findAccount: (_, name) => ({
      accountId: name,
      claims: () => ({ sub: `person-${name}`.slice(0, 60), email: name, email_verified: !name.startsWith('unverified') }),
    }),
  })
  server.on('request', provider.callback())
  console.log(issuer)
})

// The test that started it holds the other end; whatever becomes of that test, this process ends with it.
process.stdin.resume()
process.stdin.on('end', () => process.exit())
