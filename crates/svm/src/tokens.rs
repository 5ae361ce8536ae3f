//! Mints and token accounts, made by the real token programs.

use crate::Vm;
use anyhow::{Context, Result};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// SPL Token.
pub const TOKEN: Address = Address::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/// Token-2022.
pub const TOKEN_2022: Address =
    Address::from_str_const("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");

/// Creates a mint without extensions; `vm.payer` is its mint authority.
pub fn create_mint(vm: &mut Vm, key: &Keypair, program: Address, decimals: u8) -> Result<()> {
    let payer = vm.payer.pubkey();
    let mint = spl_token_interface::instruction::initialize_mint2;
    let mut initialize = mint(&TOKEN, &key.pubkey(), &payer, Some(&payer), decimals)?;
    initialize.program_id = program;
    let create = create_account(vm, key.pubkey(), 82, program);
    vm.send(&[create, initialize], &[key])
        .context("create a mint")?;
    Ok(())
}

/// Creates a token account of `owner` at a key of its own.
pub fn create_token_account(
    vm: &mut Vm,
    key: &Keypair,
    program: Address,
    mint: Address,
    owner: Address,
) -> Result<()> {
    let account = spl_token_interface::instruction::initialize_account3;
    let mut initialize = account(&TOKEN, &key.pubkey(), &mint, &owner)?;
    initialize.program_id = program;
    let create = create_account(vm, key.pubkey(), 165, program);
    vm.send(&[create, initialize], &[key])
        .context("create a token account")?;
    Ok(())
}

/// Mints tokens into an account.
pub fn mint_to(
    vm: &mut Vm,
    program: Address,
    mint: Address,
    to: Address,
    amount: u64,
) -> Result<()> {
    let payer = vm.payer.pubkey();
    let mint_to = spl_token_interface::instruction::mint_to;
    let mut minting = mint_to(&TOKEN, &mint, &to, &payer, &[], amount)?;
    minting.program_id = program;
    vm.send(&[minting], &[]).context("mint")?;
    Ok(())
}

/// The associated token program.
const ASSOCIATED: Address = Address::from_str_const("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");

/// Associated token account of an owner.
pub fn associated(owner: Address, mint: Address, program: Address) -> Address {
    let seeds = [owner.as_ref(), program.as_ref(), mint.as_ref()];
    Address::find_program_address(&seeds, &ASSOCIATED).0
}

/// Instruction that creates it, paid by `vm.payer`.
pub fn create_associated(vm: &Vm, owner: Address, mint: Address, program: Address) -> Instruction {
    let reads = |key| solana_instruction::AccountMeta::new_readonly(key, false);
    let there = associated(owner, mint, program);
    Instruction {
        program_id: ASSOCIATED,
        accounts: vec![
            solana_instruction::AccountMeta::new(vm.payer.pubkey(), true),
            solana_instruction::AccountMeta::new(there, false),
            reads(owner),
            reads(mint),
            reads(Address::from_str_const("11111111111111111111111111111111")),
            reads(program),
        ],
        data: vec![0],
    }
}

/// Balance of a token account, 0 if there is none.
pub fn balance(vm: &Vm, key: Address) -> u64 {
    let data = vm.data(key);
    let bytes = data.get(64..72).and_then(|b| b.try_into().ok());
    bytes.map_or(0, u64::from_le_bytes)
}

/// Overwrites the balance of a token account: theft and donation, on purpose.
pub fn set_balance(vm: &mut Vm, key: Address, amount: u64) -> Result<()> {
    let mut account = vm.svm.get_account(&key).context("no such token account")?;
    account.data[64..72].copy_from_slice(&amount.to_le_bytes());
    vm.svm
        .set_account(key, account)
        .map_err(|e| anyhow::anyhow!("{e}"))
}

/// Instruction that creates an account owned by `owner`, paid by `vm.payer`.
pub fn create_account(vm: &Vm, key: Address, space: usize, owner: Address) -> Instruction {
    let lamports = vm.svm.minimum_balance_for_rent_exemption(space);
    let mut data = vec![0, 0, 0, 0];
    data.extend_from_slice(&lamports.to_le_bytes());
    data.extend_from_slice(&(space as u64).to_le_bytes());
    data.extend_from_slice(owner.as_ref());
    let meta = |pubkey| solana_instruction::AccountMeta {
        pubkey,
        is_signer: true,
        is_writable: true,
    };
    Instruction {
        program_id: Address::from_str_const("11111111111111111111111111111111"),
        accounts: vec![meta(vm.payer.pubkey()), meta(key)],
        data,
    }
}

/// Creates a Token-2022 mint with extensions, each given as its own initialising instruction's data
/// and the bytes that it takes in the mint. `vm.payer` is mint and freeze authority.
pub fn create_mint_with(
    vm: &mut Vm,
    key: &Keypair,
    decimals: u8,
    extensions: &[(Vec<u8>, usize)],
) -> Result<()> {
    let payer = vm.payer.pubkey();
    // Base of a token account, kind, then type and length before each extension; a plain mint
    // without any.
    let space = match extensions {
        [] => 82,
        _ => 166 + extensions.iter().map(|(_, len)| 4 + len).sum::<usize>(),
    };
    let mut all = vec![create_account(vm, key.pubkey(), space, TOKEN_2022)];
    let on_mint = |data: Vec<u8>| Instruction {
        program_id: TOKEN_2022,
        accounts: vec![solana_instruction::AccountMeta::new(key.pubkey(), false)],
        data,
    };
    all.extend(extensions.iter().map(|(data, _)| on_mint(data.clone())));
    let mut initialize = vec![20, decimals];
    initialize.extend_from_slice(payer.as_ref());
    initialize.push(1);
    initialize.extend_from_slice(payer.as_ref());
    all.push(on_mint(initialize));
    vm.send(&all, &[key]).context("create a mint")?;
    Ok(())
}

/// Freezes a token account, or thaws it. `vm.payer` is the mint's freeze authority.
pub fn set_frozen(
    vm: &mut Vm,
    program: Address,
    mint: Address,
    account: Address,
    frozen: bool,
) -> Result<()> {
    let freeze = Instruction {
        program_id: program,
        accounts: vec![
            solana_instruction::AccountMeta::new(account, false),
            solana_instruction::AccountMeta::new_readonly(mint, false),
            solana_instruction::AccountMeta::new_readonly(vm.payer.pubkey(), true),
        ],
        data: vec![if frozen { 10 } else { 11 }],
    };
    vm.send(&[freeze], &[]).context("freeze or thaw")?;
    Ok(())
}
