// Step 0: `anchor migrate` calls this with a provider of Anchor.toml; `npm run deploy` does the same
// without Anchor. BULWARK_CONFIG names another configuration, BULWARK_DRY_RUN=1 sends nothing.
//
// Anchor loads it as a CommonJS function; everything else is ECMAScript modules, in lib/.

interface Provider {
  readonly connection: { readonly rpcEndpoint: string };
}

module.exports = async function deploy(provider: Provider): Promise<void> {
  const { defaults, run } = await import("./lib/main.js");
  await run({ ...defaults(), url: provider.connection.rpcEndpoint });
};
