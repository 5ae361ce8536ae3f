//! The embedded VM: deployment, time, transactions and their limits.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use litesvm::LiteSVM;
use litesvm::types::{FailedTransactionMetadata, TransactionMetadata};
use solana_account::{Account, ReadableAccount};
use solana_address::Address;
use solana_address_lookup_table_interface::program as lookup_program;
use solana_address_lookup_table_interface::state::{AddressLookupTable, LookupTableMeta};
use solana_clock::Clock;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::error::InstructionError;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_message::{AddressLookupTableAccount, VersionedMessage, v0};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use std::borrow::Cow;

use crate::history::Recorded;

/// Largest serialised transaction that a cluster forwards.
pub const PACKET_BYTES: usize = 1_232;
/// Most account keys of one transaction, lookup tables included.
pub const ACCOUNT_KEYS: usize = 64;
/// Most compute units of one transaction.
pub const COMPUTE_UNITS: u64 = 1_400_000;

const UPGRADEABLE_LOADER: Address =
    Address::from_str_const("BPFLoaderUpgradeab1e11111111111111111111111");

/// What a transaction that succeeded has cost.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Compute units, the budget instruction's included.
    pub units: u64,
    /// Serialised bytes.
    pub bytes: usize,
    /// Account keys, looked-up ones included.
    pub keys: usize,
    /// Return data of the last instruction that set any.
    pub returned: Vec<u8>,
    /// What LiteSVM recorded.
    pub meta: TransactionMetadata,
}

/// A transaction that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What the runtime said.
    pub error: TransactionError,
    /// The program's log.
    pub logs: Vec<String>,
    /// Compute units.
    pub units: u64,
}

impl Failure {
    /// Custom error code of the instruction that failed.
    pub fn code(&self) -> Option<u32> {
        match self.error {
            TransactionError::InstructionError(_, InstructionError::Custom(code)) => Some(code),
            _ => None,
        }
    }
}

impl Failure {
    /// The two numbers that clashed, as the program logs them before it refuses: (code, what there
    /// is, what is asked for).
    pub fn clash(&self) -> Option<(u32, i64, u64)> {
        let numbers = |line: &String| {
            let fields: Option<Vec<u64>> = line
                .strip_prefix("Program log: ")?
                .split(", ")
                .map(|field| u64::from_str_radix(field.strip_prefix("0x")?, 16).ok())
                .collect();
            let fields = fields.filter(|fields| fields.len() == 5)?;
            Some((
                u32::try_from(fields[0]).ok()?,
                fields[1].cast_signed(),
                fields[2],
            ))
        };
        self.logs.iter().find_map(numbers)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}\n{}", self.error, self.logs.join("\n"))
    }
}

impl std::error::Error for Failure {}

/// An embedded VM with Bulwark deployed.
pub struct Vm {
    /// LiteSVM itself, for what has no verb here.
    pub svm: LiteSVM,
    /// Pays fees and rent of everything that isn't about who pays.
    pub payer: Keypair,
    /// The program's upgrade authority.
    pub authority: Keypair,
    /// Lookup table of the deployment.
    table: Address,
    table_keys: Vec<Address>,
    /// Whether transactions are really signed, as they must be where signatures are verified.
    signs: bool,
    /// Sum of units of all transactions.
    pub units_total: u64,
    /// Transactions sent.
    pub sent: u64,
    /// Transactions that failed.
    pub failed: u64,
    /// Transactions with events, once somebody asks for them.
    pub history: Option<Vec<Recorded>>,
    /// The dearest transaction so far with just one instruction of this program, by discriminator.
    pub dearest: BTreeMap<[u8; 8], Receipt>,
}

/// Where `cargo xtask build` puts an ELF; `BULWARK_DEPLOY` names another folder.
pub fn elf_path(name: &str) -> PathBuf {
    let built = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/deploy");
    let folder = std::env::var_os("BULWARK_DEPLOY").map_or_else(built, PathBuf::from);
    folder.join(format!("{name}.so"))
}

/// Reads an ELF, with a clear line where it isn't there.
pub fn read_elf(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path)
        .with_context(|| format!("{} is missing: run `cargo xtask build`", path.display()))
}

/// Converts an address of the Anchor side.
pub fn address(key: anchor_lang::prelude::Pubkey) -> Address {
    Address::from(key.to_bytes())
}

/// Converts an address to the Anchor side.
pub fn pubkey(key: Address) -> anchor_lang::prelude::Pubkey {
    anchor_lang::prelude::Pubkey::new_from_array(key.to_bytes())
}

/// Converts an instruction of the Anchor side.
pub fn instruction(from: &anchor_lang::solana_program::instruction::Instruction) -> Instruction {
    let meta = |m: &anchor_lang::solana_program::instruction::AccountMeta| AccountMeta {
        pubkey: address(m.pubkey),
        is_signer: m.is_signer,
        is_writable: m.is_writable,
    };
    Instruction {
        program_id: address(from.program_id),
        accounts: from.accounts.iter().map(meta).collect(),
        data: from.data.clone(),
    }
}

impl Vm {
    /// A VM with the ELF of `cargo xtask build` deployed under the program's own id.
    pub fn deployed(verify_signatures: bool) -> Result<Self> {
        Self::with_elf(&read_elf(&elf_path("bulwark"))?, verify_signatures)
    }

    /// A VM with this ELF deployed through the upgradeable loader, its upgrade authority set.
    pub fn with_elf(elf: &[u8], verify_signatures: bool) -> Result<Self> {
        let svm = LiteSVM::new()
            .with_mainnet_features()
            .with_sigverify(verify_signatures)
            .with_transaction_history(0);
        let mut vm = Self {
            svm,
            payer: crate::keys::keypair("payer"),
            authority: crate::keys::keypair("upgrade authority"),
            table: Address::from(crate::keys::keypair("lookup table").pubkey().to_bytes()),
            table_keys: Vec::new(),
            signs: verify_signatures,
            units_total: 0,
            sent: 0,
            failed: 0,
            history: std::env::var_os("BULWARK_REBUILD").map(|_| Vec::new()),
            dearest: BTreeMap::new(),
        };
        vm.deploy(address(bulwark::ID), elf)?;
        let payer = vm.payer.pubkey();
        vm.fund(payer, 1_000_000_000_000_000);
        let authority = vm.authority.pubkey();
        vm.fund(authority, 1_000_000_000_000);
        vm.set_time(1_767_225_600, 400_000_000);
        Ok(vm)
    }

    /// The same VM once more: what happens in one doesn't happen in the other.
    pub fn fork(&self) -> Self {
        Self {
            svm: self.svm.clone(),
            payer: self.payer.insecure_clone(),
            authority: self.authority.insecure_clone(),
            table_keys: self.table_keys.clone(),
            dearest: self.dearest.clone(),
            history: None,
            ..*self
        }
    }

    fn deploy(&mut self, program: Address, elf: &[u8]) -> Result<()> {
        self.svm
            .add_program(program, elf)
            .map_err(|e| anyhow!("the loader refuses the ELF: {e}"))?;
        let data = Self::program_data(program);
        let mut account = self
            .svm
            .get_account(&data)
            .context("no ProgramData account")?;
        // State 3, slot, then an option of the authority: the loader's own 45 bytes.
        account.data[12] = 1;
        account.data[13..45].copy_from_slice(self.authority.pubkey().as_ref());
        self.svm
            .set_account(data, account)
            .map_err(|e| anyhow!("ProgramData: {e}"))
    }

    /// Address of a program's ProgramData account.
    pub fn program_data(program: Address) -> Address {
        Address::find_program_address(&[program.as_ref()], &UPGRADEABLE_LOADER).0
    }

    /// Gives lamports to a system account that may or may not exist.
    pub fn fund(&mut self, key: Address, lamports: u64) {
        let account = Account {
            lamports,
            ..Account::default()
        };
        self.svm
            .set_account(key, account)
            .expect("a system account is always accepted");
    }

    /// Cluster time and slot.
    pub fn clock(&self) -> Clock {
        self.svm.get_sysvar::<Clock>()
    }

    /// Sets unix time and slot, together or apart on purpose.
    pub fn set_time(&mut self, unix: i64, slot: u64) {
        let mut clock = self.clock();
        clock.unix_timestamp = unix;
        clock.slot = slot;
        self.svm.set_sysvar(&clock);
    }

    /// Adds keys to the deployment's lookup table.
    pub fn look_up(&mut self, keys: &[Address]) -> Result<()> {
        for key in keys {
            if !self.table_keys.contains(key) {
                self.table_keys.push(*key);
            }
        }
        if self.table_keys.len() > 256 {
            bail!(
                "a lookup table holds 256 keys, not {}",
                self.table_keys.len()
            );
        }
        let table = AddressLookupTable {
            meta: LookupTableMeta {
                last_extended_slot: 0,
                ..LookupTableMeta::default()
            },
            addresses: Cow::Borrowed(&self.table_keys),
        };
        let data = table
            .serialize_for_tests()
            .map_err(|e| anyhow!("lookup table: {e}"))?;
        let lamports = self.svm.minimum_balance_for_rent_exemption(data.len());
        let owner = Address::from(lookup_program::ID.to_bytes());
        let account = Account {
            lamports,
            data,
            owner,
            executable: false,
            rent_epoch: u64::MAX,
        };
        self.svm
            .set_account(self.table, account)
            .map_err(|e| anyhow!("lookup table: {e}"))
    }

    /// Sends one transaction; asserts the cluster's limits on it whether or not it succeeds.
    pub fn send(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> std::result::Result<Receipt, Box<Failure>> {
        self.svm.expire_blockhash();
        let (transaction, bytes, keys) = self.transaction(instructions, signers);
        self.sent += 1;
        match self.svm.send_transaction(transaction) {
            Ok(meta) => {
                self.units_total += meta.compute_units_consumed;
                let units = meta.compute_units_consumed;
                let returned = meta.return_data.data.clone();
                let receipt = Receipt {
                    units,
                    bytes,
                    keys,
                    returned,
                    meta,
                };
                self.note(instructions, &receipt);
                let slot = self.clock().slot;
                if let Some(history) = &mut self.history {
                    history.extend(Recorded::of(&receipt.meta, slot));
                }
                Ok(receipt)
            }
            Err(failed) => {
                self.failed += 1;
                self.units_total += failed.meta.compute_units_consumed;
                Err(failure(failed))
            }
        }
    }

    /// Runs one transaction and forgets what it did: for acts that are tried in many forms.
    pub fn rehearse(
        &self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> std::result::Result<(), Box<Failure>> {
        let (transaction, _, _) = self.transaction(instructions, signers);
        let outcome = self.svm.simulate_transaction(transaction);
        outcome.map(|_| ()).map_err(failure)
    }

    /// Signs a transaction by those of `signers` that it asks, with its bytes and keys.
    fn transaction(
        &self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> (VersionedTransaction, usize, usize) {
        let limit = ComputeBudgetInstruction::set_compute_unit_limit(COMPUTE_UNITS as u32);
        let mut all = instructions.to_vec();
        // A durable nonce is one only as the very first instruction.
        let durable = all.first().is_some_and(|first| first.data == [4, 0, 0, 0]);
        all.insert(if durable { all.len() } else { 0 }, limit);
        let tables = [AddressLookupTableAccount {
            key: self.table,
            addresses: self.table_keys.clone(),
        }];
        let tables: &[_] = if self.table_keys.is_empty() {
            &[]
        } else {
            &tables
        };
        let payer = self.payer.pubkey();
        let hash = self.svm.latest_blockhash();
        let message = v0::Message::try_compile(&payer, &all, tables, hash)
            .expect("the harness gave instructions that don't compile into a message");
        let looked_up: usize = message
            .address_table_lookups
            .iter()
            .map(|l| l.writable_indexes.len() + l.readonly_indexes.len())
            .sum();
        let keys = message.account_keys.len() + looked_up;
        let required = usize::from(message.header.num_required_signatures);
        let asked = message
            .account_keys
            .get(..required)
            .unwrap_or_default()
            .to_vec();
        let message = VersionedMessage::V0(message);
        let mut with_payer: Vec<&Keypair> = vec![&self.payer];
        let needed = |key: Address| key != payer && asked.contains(&key);
        with_payer.extend(signers.iter().filter(|signer| needed(signer.pubkey())));
        assert_eq!(
            with_payer.len(),
            required,
            "a signer that the instructions name wasn't given"
        );
        let transaction = if self.signs {
            VersionedTransaction::try_new(message, &with_payer)
                .expect("the signers are those that the message names")
        } else {
            // Nobody looks at them, and making them takes a third of a transaction's time.
            let signature = |place: usize| {
                let mut bytes = [0; 64];
                bytes[..8].copy_from_slice(&self.sent.to_le_bytes());
                bytes[8..16].copy_from_slice(&(place as u64).to_le_bytes());
                bytes.into()
            };
            VersionedTransaction {
                signatures: (0..required).map(signature).collect(),
                message,
            }
        };
        let bytes = serialized_len(&transaction);
        assert!(
            bytes <= PACKET_BYTES,
            "a transaction of {bytes} bytes is over {PACKET_BYTES}"
        );
        assert!(
            keys <= ACCOUNT_KEYS,
            "a transaction of {keys} keys is over {ACCOUNT_KEYS}"
        );
        (transaction, bytes, keys)
    }

    fn note(&mut self, instructions: &[Instruction], receipt: &Receipt) {
        let [only] = instructions else { return };
        let Some(kind) = only.data.first_chunk::<8>() else {
            return;
        };
        let known = self.dearest.get(kind).map_or(0, |dearest| dearest.units);
        if only.program_id == address(bulwark::ID) && receipt.units > known {
            self.dearest.insert(*kind, receipt.clone());
        }
    }

    /// Bytes of an account, empty if there is none.
    pub fn data(&self, key: Address) -> Vec<u8> {
        self.svm
            .get_account(&key)
            .map(|a| a.data().to_vec())
            .unwrap_or_default()
    }

    /// A zero-copy account of the program, read by value.
    pub fn read<T: bytemuck::Pod>(&self, key: Address) -> Option<Box<T>> {
        let mut value = bytemuck::allocation::zeroed_box::<T>();
        self.read_into(key, &mut *value).then_some(value)
    }

    /// The same into a place that is there already; says whether the account is.
    pub fn read_into<T: bytemuck::Pod>(&self, key: Address, value: &mut T) -> bool {
        let Some(account) = self.svm.accounts_db().get_account_ref(&key) else {
            return false;
        };
        let Some(bytes) = account.data().get(8..8 + size_of::<T>()) else {
            return false;
        };
        bytemuck::bytes_of_mut(value).copy_from_slice(bytes);
        true
    }

    /// Overwrites a zero-copy account of the program: only to corrupt on purpose, or to write what
    /// no instruction accepts (the static arm of a replay).
    pub fn overwrite<T: bytemuck::Pod>(&mut self, key: Address, value: &T) -> Result<()> {
        let mut account = self.svm.get_account(&key).context("no such account")?;
        let place = account
            .data
            .get_mut(8..8 + size_of::<T>())
            .context("account too small")?;
        place.copy_from_slice(bytemuck::bytes_of(value));
        self.svm
            .set_account(key, account)
            .map_err(|e| anyhow!("{e}"))
    }
}

fn failure(failed: FailedTransactionMetadata) -> Box<Failure> {
    Box::new(Failure {
        error: failed.err,
        units: failed.meta.compute_units_consumed,
        logs: failed.meta.logs,
    })
}

/// Length on the wire: signatures with their count, then the message.
fn serialized_len(transaction: &VersionedTransaction) -> usize {
    // At most 127 signatures fit a packet, so their count is one byte.
    1 + transaction.signatures.len() * 64 + transaction.message.serialize().len()
}
