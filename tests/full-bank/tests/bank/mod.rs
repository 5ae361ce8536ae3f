//! The deployed bytecode in a whole bank, launched and traded by the instructions of the client.

use bulwark::instructions::{
    BoardMarketParameters, CreateBoardArgs, CreateFeedArgs, CreateMarketArgs, FeedParameters,
    InsuranceParameters, MarginParameters, PlaceOrderArgs, Source,
};
use bulwark::state::{BoardState, BookState, Layout};
use bulwark_client::{Deployment, Instruction, Pubkey, address as derived};
use bulwark_core::params::{self, Class};
use bulwark_svm::launch::{self, Plan};
use bulwark_svm::vm::{address, elf_path, instruction, pubkey, read_elf};
use bulwark_svm::world::standard_plan;
use bulwark_svm::{keys, pyth, tokens};
use bytemuck::Pod;
use solana_account::{Account, AccountSharedData};
use solana_address::Address;
use solana_clock::Clock;
use solana_keypair::Keypair;
use solana_program_test::{BanksClientError, ProgramTest, ProgramTestContext};
use solana_signer::Signer;
use solana_transaction::Transaction;
use spl_token_interface::instruction as token;

const LOADER: Address = Address::from_str_const("BPFLoaderUpgradeab1e11111111111111111111111");
const SYSTEM: Address = Address::from_str_const("11111111111111111111111111111111");
const BUDGET: Address = Address::from_str_const("ComputeBudget111111111111111111111111111111");
/// When the story begins.
const START: i64 = 1_767_225_600;

/// A person.
pub struct Person {
    pub owner: Keypair,
    pub key: Pubkey,
    pub margin: Pubkey,
    pub quote: Address,
}

/// A bank with the standard compartment in it.
pub struct FullBank {
    pub context: ProgramTestContext,
    pub deployment: Deployment,
    pub plan: Plan,
    authority: Keypair,
    sent: u32,
}

/// The program as the upgradeable loader has it, with an upgrade authority.
fn program(authority: &Keypair) -> [(Address, Account); 2] {
    let elf = read_elf(&elf_path("bulwark")).expect("the ELF was built");
    let data_key = address(derived::program_data());
    let mut state = vec![2, 0, 0, 0];
    state.extend_from_slice(data_key.as_ref());
    let mut data = vec![3, 0, 0, 0];
    data.extend_from_slice(&0_u64.to_le_bytes());
    data.push(1);
    data.extend_from_slice(authority.pubkey().as_ref());
    data.extend_from_slice(&elf);
    let owned = |data: Vec<u8>, executable| Account {
        lamports: 100_000_000_000,
        data,
        owner: LOADER,
        executable,
        rent_epoch: u64::MAX,
    };
    [
        (data_key, owned(data, false)),
        (address(bulwark::ID), owned(state, true)),
    ]
}

impl FullBank {
    /// Starts a bank and launches the standard compartment.
    pub async fn launched() -> Self {
        let authority = keys::keypair("upgrade authority");
        let mut test = ProgramTest::default();
        test.prefer_bpf(true);
        test.set_compute_max_units(1_400_000);
        for (key, account) in program(&authority) {
            test.add_account(key, account);
        }
        let wallet = Account {
            lamports: 1_000_000_000_000,
            ..Account::default()
        };
        test.add_account(authority.pubkey(), wallet);
        let board = keys::keypair("board 0").pubkey();
        let mut bank = Self {
            context: test.start_with_context().await,
            deployment: Deployment::new(0, pubkey(board)),
            plan: standard_plan(),
            authority,
            sent: 0,
        };
        bank.set_time(START, 1_000).await;
        bank.launch().await;
        bank
    }

    /// Unix time and slot of the clock.
    pub async fn set_time(&mut self, unix: i64, slot: u64) {
        let mut clock: Clock = self.clock().await;
        clock.unix_timestamp = unix;
        clock.slot = slot;
        self.context.set_sysvar(&clock);
    }

    pub async fn clock(&mut self) -> Clock {
        let read = self.context.banks_client.get_sysvar::<Clock>().await;
        read.expect("the bank has a clock")
    }

    pub async fn advance(&mut self, seconds: i64) {
        let clock = self.clock().await;
        let slots = u64::try_from(seconds).expect("time goes on") * 5 / 2;
        self.set_time(clock.unix_timestamp + seconds, clock.slot + slots)
            .await;
    }

    /// One transaction of instructions in the runtime's own form.
    pub async fn send_raw(
        &mut self,
        instructions: &[solana_instruction::Instruction],
        signers: &[&Keypair],
    ) -> Result<(), BanksClientError> {
        // A limit of its own makes each transaction another one.
        self.sent += 1;
        let mut limit = vec![2];
        limit.extend_from_slice(&(1_400_000 - self.sent).to_le_bytes());
        let mut all = vec![solana_instruction::Instruction {
            program_id: BUDGET,
            accounts: Vec::new(),
            data: limit,
        }];
        all.extend_from_slice(instructions);
        let hash = self.context.banks_client.get_latest_blockhash().await?;
        let payer = &self.context.payer;
        let mut by = vec![payer];
        by.extend(signers);
        let transaction =
            Transaction::new_signed_with_payer(&all, Some(&payer.pubkey()), &by, hash);
        self.context
            .banks_client
            .process_transaction(transaction)
            .await
    }

    /// One instruction of the client.
    pub async fn send(
        &mut self,
        act: &Instruction,
        signers: &[&Keypair],
    ) -> Result<(), BanksClientError> {
        self.send_raw(&[instruction(act)], signers).await
    }

    async fn by_creator(&mut self, act: &Instruction) {
        let creator = self.authority.insecure_clone();
        self.send(act, &[&creator])
            .await
            .expect("the creator lists");
    }

    async fn make(&mut self, key: &Keypair, space: usize, owner: Address) {
        let rent = self.context.banks_client.get_rent().await.expect("rent");
        let mut data = vec![0, 0, 0, 0];
        data.extend_from_slice(&rent.minimum_balance(space).to_le_bytes());
        data.extend_from_slice(&(space as u64).to_le_bytes());
        data.extend_from_slice(owner.as_ref());
        let signs = |key| solana_instruction::AccountMeta::new(key, true);
        let create = solana_instruction::Instruction {
            program_id: SYSTEM,
            accounts: vec![signs(self.context.payer.pubkey()), signs(key.pubkey())],
            data,
        };
        self.send_raw(&[create], &[key])
            .await
            .expect("an account is made");
    }

    async fn launch(&mut self) {
        let (creator, plan) = (pubkey(self.authority.pubkey()), self.plan.clone());
        let treasury = pubkey(keys::keypair("treasury").pubkey());
        self.by_creator(&self.deployment.create_protocol(creator, treasury))
            .await;
        self.by_creator(&self.deployment.create_compartment(creator, 0))
            .await;
        let board = keys::keypair("board 0");
        self.make(&board, BoardState::SPACE, address(bulwark::ID))
            .await;
        let args = CreateBoardArgs {
            profit_credit_ppm: 700_000,
            limits: vec![],
        };
        self.by_creator(&self.deployment.create_board(creator, args))
            .await;
        let insurance = InsuranceParameters::preset(Class::Major);
        self.by_creator(&self.deployment.create_insurance(creator, insurance))
            .await;
        for feed in &plan.feeds {
            let source = Source {
                kind: bulwark::oracle::kind::CLASSIC,
                id: launch::feed_id(feed.name),
            };
            let args = CreateFeedArgs {
                source,
                second: Source::default(),
                unit_exp: feed.unit_exp,
                thin: false,
                volatility_e9: params::seed_volatility(feed.class),
                parameters: FeedParameters::preset(feed.class),
            };
            self.by_creator(&self.deployment.create_feed(creator, args))
                .await;
        }
        let prices: Vec<u64> = plan.feeds.iter().map(|feed| feed.price).collect();
        self.publish(&prices).await;
        for (number, bank) in plan.banks.iter().enumerate() {
            let mint = launch::mint(bank.name);
            let payer = self.context.payer.pubkey();
            self.make(&mint, 82, bank.program).await;
            let start =
                token::initialize_mint2(&bank.program, &mint.pubkey(), &payer, None, bank.decimals);
            self.send_raw(&[start.expect("a mint")], &[])
                .await
                .expect("a mint");
            let (mint, program) = (pubkey(mint.pubkey()), pubkey(bank.program));
            let args = launch::bank_args(bank, number == 0);
            self.by_creator(&self.deployment.create_bank(creator, mint, program, args))
                .await;
            self.deployment.add_bank(mint, program);
        }
        for (number, market) in plan.markets.iter().enumerate() {
            let book = keys::keypair(&format!("book 0 {}", market.name));
            self.make(&book, BookState::SPACE, address(bulwark::ID))
                .await;
            let args = CreateMarketArgs {
                index: u8::try_from(number).expect("few markets"),
                feed: market.feed,
                market: market.parameters,
                board: BoardMarketParameters::preset(market.class),
                margin: MarginParameters::preset(market.class),
            };
            let book = pubkey(book.pubkey());
            self.by_creator(&self.deployment.create_market(creator, book, args))
                .await;
            self.deployment.add_market(book);
        }
    }

    /// Publishes prices of all feeds, PriceE8, and refreshes the Board with them.
    pub async fn publish(&mut self, prices: &[u64]) {
        let clock = self.clock().await;
        let mut oracles = Vec::new();
        for ((number, feed), price) in (0_u8..).zip(self.plan.feeds.clone()).zip(prices) {
            let at = clock.unix_timestamp;
            let message = launch::message(feed.name, feed.unit_exp, *price, price / 5_000, at);
            let account = Account {
                lamports: 10_000_000,
                data: pyth::price_update(&message, clock.slot),
                owner: pyth::CLASSIC_RECEIVER,
                executable: false,
                rent_epoch: u64::MAX,
            };
            let key = launch::oracle(feed.name);
            self.context
                .set_account(&key, &AccountSharedData::from(account));
            oracles.push((number, pubkey(key), None));
        }
        let payer = pubkey(self.context.payer.pubkey());
        let refresh = self.deployment.refresh(payer, &oracles);
        self.send(&refresh, &[])
            .await
            .expect("the Board is refreshed");
    }

    /// A person with a margin account and this much quote deposited, UsdE6.
    pub async fn person(&mut self, name: &str, amount: u64) -> Person {
        let owner = keys::keypair(&format!("trader {name}"));
        let wallet = Account {
            lamports: 100_000_000_000,
            ..Account::default()
        };
        self.context
            .set_account(&owner.pubkey(), &AccountSharedData::from(wallet));
        let tokens_key = keys::keypair(&format!("tokens {name} USDC"));
        let (program, mint) = (tokens::TOKEN, launch::mint("USDC").pubkey());
        self.make(&tokens_key, 165, program).await;
        let (quote, wallet) = (tokens_key.pubkey(), owner.pubkey());
        let payer = self.context.payer.pubkey();
        let start = token::initialize_account3(&program, &quote, &mint, &wallet).expect("tokens");
        let fill = token::mint_to(&program, &mint, &quote, &payer, &[], amount).expect("tokens");
        self.send_raw(&[start, fill], &[]).await.expect("tokens");
        let key = pubkey(owner.pubkey());
        let margin = self.deployment.margin(&key, 0);
        let create = self
            .deployment
            .create_margin_account(key, 0, Pubkey::default());
        self.send(&create, &[&owner])
            .await
            .expect("a margin account");
        let deposit = self
            .deployment
            .deposit(key, margin, 0, pubkey(quote), amount);
        self.send(&deposit, &[&owner]).await.expect("a deposit");
        Person {
            owner,
            key,
            margin,
            quote,
        }
    }

    /// Places an order in the first market, against these makers.
    pub async fn place(&mut self, who: &Person, args: PlaceOrderArgs, makers: &[Pubkey]) {
        let act = self
            .deployment
            .place_order(who.key, who.margin, 0, args, makers);
        self.send(&act, &[&who.owner]).await.expect("an order");
    }

    /// A zero-copy account of the program.
    pub async fn read<T: Pod>(&mut self, key: Pubkey) -> Box<T> {
        let account = self.context.banks_client.get_account(address(key)).await;
        let data = account
            .expect("the bank answers")
            .expect("the account exists")
            .data;
        let mut value = bytemuck::allocation::zeroed_box::<T>();
        bytemuck::bytes_of_mut(&mut *value).copy_from_slice(&data[8..8 + size_of::<T>()]);
        value
    }

    /// Balance of a token account.
    pub async fn balance(&mut self, key: Address) -> u64 {
        let account = self.context.banks_client.get_account(key).await;
        let data = account
            .expect("the bank answers")
            .expect("the account exists")
            .data;
        u64::from_le_bytes(data[64..72].try_into().expect("eight bytes"))
    }
}
