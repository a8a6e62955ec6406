// Made by `npm run types` from the server's openapi.json; not to be changed by hand.
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AgentView: {
            address: string;
            aor: string;
            baresip: string;
            name: string;
            /** @description The file that it sends when it is in a call, of the sounds of this server; null: silence, or something else. */
            sound?: string | null;
        };
        Agents: {
            agents: components["schemas"]["LiveAgent"][];
        };
        Alive: {
            /** @description `ok`, or what is wrong. */
            status: string;
        };
        /** @description A place in a text. */
        At: {
            /**
             * Format: int32
             * @description From 1, in characters.
             */
            column: number;
            kind: components["schemas"]["Kind"];
            /**
             * Format: int32
             * @description From 1.
             */
            line: number;
            text: string;
        };
        AudioView: {
            codec: string;
            /** @description What was sent and received by direction (levels, gaps, delay, MOS), and who was heard: docs/media.md. */
            figures: Record<string, never>;
            /** @description Milliseconds. */
            jitter?: number[] | null;
            lost?: number[] | null;
            /** Format: double */
            mos?: number | null;
            /** @description Sent and received. */
            packets?: number[] | null;
            protocol: string;
            /**
             * Format: double
             * @description Milliseconds.
             */
            rtt?: number | null;
        };
        /** @description A call at one agent; times are milliseconds since the epoch. */
        Call: {
            agent: string;
            audio: components["schemas"]["AudioView"];
            /** Format: double */
            begun: number;
            /** Format: double */
            closed?: number | null;
            direction: string;
            /** Format: double */
            established?: number | null;
            holds: number[][];
            id?: string | null;
            /** Format: double */
            invited?: number | null;
            /** Format: double */
            media?: number | null;
            number: number;
            peer: string;
            /**
             * Format: double
             * @description Milliseconds from the INVITE to the first ringing, of an outgoing call.
             */
            post_dial_delay?: number | null;
            /** Format: double */
            rung?: number | null;
            why?: components["schemas"]["WhyView"] | null;
        };
        Checked: {
            /** @description As docs/check.md has them. */
            diagnostics: Record<string, never>[];
        };
        CloneAs: {
            name: string;
            /** @description Where to; none: the same project. */
            project?: string | null;
        };
        /** @description The Rhai script that a text becomes. */
        Compiled: {
            /** @description Pairs of lines from 1: one of the script, and the one of the text that it comes from. Empty for a Rhai script. */
            lines: number[][];
            rhai: string;
        };
        Completed: {
            /** @description In alphabetical order. */
            items: components["schemas"]["Suggestion"][];
        };
        /** @description How the console is. */
        Console: {
            agents: components["schemas"]["ConsoleAgent"][];
            /** @description A line runs. */
            busy: boolean;
            /** @description The session's run; none where there is no session. */
            run?: string | null;
            /**
             * Format: double
             * @description Milliseconds since the epoch.
             */
            since?: number | null;
            /** @description How many lines succeeded. */
            statements: number;
        };
        ConsoleAgent: {
            address: string;
            aor: string;
            name: string;
        };
        /** @description What a text came to. */
        ConsoleDone: {
            /** @description The session ended with it, or before its turn came. */
            ended: boolean;
            /** @description How many events the run had then. */
            events: number;
            output: components["schemas"]["ConsoleOutput"][];
            /** @description The session's run; none where it could not begin. */
            run?: string | null;
        };
        ConsoleHistory: {
            /** @description The oldest first; none that held a password. */
            lines: string[];
        };
        ConsoleItem: {
            detail: string;
            docs: string;
            sort: string;
            text: string;
        };
        ConsoleItems: {
            items: components["schemas"]["ConsoleItem"][];
            /**
             * Format: int32
             * @description The column at which the word begins that an item replaces.
             */
            start: number;
        };
        /** @description Something that a line gives. */
        ConsoleOutput: {
            /**
             * Format: int32
             * @description Of an error: 1 an await or assert failed, 2 the line could not be read, 3 it could not be carried out.
             */
            code?: number | null;
            /** @description value, text, error */
            kind: string;
            text: string;
        };
        ConsoleScript: {
            text: string;
        };
        ConsoleText: {
            /**
             * Format: int32
             * @description In characters, from 1.
             */
            column: number;
            /**
             * Format: int32
             * @description Of the place of the cursor in the text, from 1.
             */
            line: number;
            text: string;
        };
        Deleted: {
            deleted: string[];
            left: components["schemas"]["Left"][];
        };
        /** @description What became of a message. */
        Delivery: {
            /** @description Scheme and host. */
            address: string;
            /** Format: int32 */
            attempts: number;
            /** Format: double */
            ended?: number | null;
            error?: string | null;
            /** Format: int64 */
            id: number;
            kind: string;
            /** Format: double */
            queued: number;
            /** @description Its id; `job-N` where a test of that job could not begin. */
            run: string;
            /** @description pending, sent, failed */
            state: string;
            /** Format: double */
            tried?: number | null;
            /**
             * Format: int64
             * @description Null: a `_webhook` of the test.
             */
            webhook?: number | null;
        };
        DeliveryList: {
            deliveries: components["schemas"]["Delivery"][];
        };
        Described: {
            /** @description Markdown. */
            docs: string;
            /** @description `calls::establish`, `_run` */
            name: string;
            /** @description How it is written. */
            signature: string;
        };
        Detail: components["schemas"]["RunRow"] & {
            agent: string;
            agents: components["schemas"]["AgentView"][];
            calls: components["schemas"]["Call"][];
            /**
             * Format: int64
             * @description How many events there are so far.
             */
            events: number;
            /**
             * Format: int64
             * @description The number of the event that the first reason is about.
             */
            failed_event?: number | null;
            host: string;
            /** @description It stays, whatever goes by age or number. */
            keep: boolean;
            /** @description The last run of the test that passed. */
            last_pass?: string | null;
            /** @description It is going on. */
            live: boolean;
            /** @description The lines of `text` that the run has reached, from 1 and in their order. */
            reached: number[];
            recordings: components["schemas"]["RecordingView"][];
            /** @description The script that a testfile became. */
            script?: string | null;
            tags: string[];
            text?: components["schemas"]["TextView"] | null;
            /** @description As verdict.json has it: status, hash, expected, reasons, warnings, findings. */
            verdict?: Record<string, never> | null;
        };
        DiffLine: {
            /** @description Which line of the first it is, from 1. */
            a?: number | null;
            /** @description Which line of the second. */
            b?: number | null;
            /** @description same, removed, added */
            kind: string;
            text: string;
        };
        Disk: {
            /** Format: int64 */
            free_bytes: number;
            /**
             * Format: int64
             * @description What the runs' folders hold; null: that has not been counted yet.
             */
            runs_bytes?: number | null;
            /**
             * Format: double
             * @description When the runs were counted, in milliseconds since the epoch: where they are many, that is not done for each request.
             */
            runs_counted?: number | null;
            /** Format: int64 */
            total_bytes: number;
        };
        /** @description Events as docs/events.md has them. */
        EventList: {
            events: Record<string, never>[];
            /** @description More may come: the run is going on. */
            live: boolean;
            /**
             * Format: int64
             * @description The number to go on from; null: there are no more.
             */
            next?: number | null;
        };
        EventType: {
            /** @description The names of what it carries. */
            fields: string[];
            meaning: string;
            name: string;
        };
        /**
         * Format: binary
         * @description A file as the body, as long as its route allows.
         */
        File: string;
        FirstDifference: {
            /** @description What only the second has. */
            extra?: string | null;
            /** @description What only the first has. */
            missing?: string | null;
            /** @description Agent and call; empty where whole agents differ. */
            place: string;
            /** @description In words. */
            text: string;
        };
        /** @description Two flows side by side. */
        FlowDiff: {
            a: components["schemas"]["Hashed"];
            b: components["schemas"]["Hashed"];
            first?: components["schemas"]["FirstDifference"] | null;
            lines: components["schemas"]["DiffLine"][];
            same: boolean;
        };
        HashOf: {
            /**
             * Format: int32
             * @description The version that the test has.
             */
            based_on: number;
            /** @description The run whose hash is to be the expected one. */
            run: string;
        };
        Hashed: {
            hash: string;
            run: string;
            test: string;
        };
        Health: {
            /** @description What runs as an agent, `baresip 4.12.0 (embedded)`; null: nothing does. */
            agent?: string | null;
            agents: components["schemas"]["Used"];
            disk: components["schemas"]["Disk"];
            queue: components["schemas"]["Queue"];
            /**
             * Format: int64
             * @description Runs that are kept; null: they have not been counted yet.
             */
            runs?: number | null;
            /**
             * Format: int64
             * @description Bytes of the database.
             */
            store_bytes: number;
            /**
             * Format: double
             * @description Milliseconds since the start.
             */
            uptime: number;
        };
        History: {
            /** @description The first run since the last one that passed which did not. */
            first_bad?: string | null;
            /**
             * Format: double
             * @description How often one of these ended otherwise than the one before, 0 to 1.
             */
            flakiness: number;
            last_pass?: string | null;
            /** @description The newest first. */
            runs: components["schemas"]["Ran"][];
        };
        Hovered: {
            item?: components["schemas"]["Suggestion"] | null;
        };
        /** @description What an import came to: names of tests. */
        Imported: {
            /** @description Those of the project that the zip file does not have; they stay. */
            absent: string[];
            changed: string[];
            created: string[];
            /** @description What in the zip file is no test. */
            left_out: string[];
            /** @description With the same text already. */
            same: string[];
            /** @description With another text, left as they are. */
            skipped: string[];
        };
        /** @description A version without its text. */
        Info: {
            author?: string | null;
            /**
             * Format: double
             * @description Milliseconds since the epoch.
             */
            saved: number;
            /**
             * Format: int32
             * @description Bytes.
             */
            size: number;
            /** Format: int32 */
            version: number;
        };
        /** @description Something that is to be run, is being run, or was. */
        Job: {
            /** Format: double */
            ended?: number | null;
            /** Format: int64 */
            job: number;
            /** @description Of one that waits: its place in the queue, from 1. */
            position?: number | null;
            problems: components["schemas"]["JobProblems"][];
            progress: components["schemas"]["Progress"];
            project?: string | null;
            /** Format: double */
            queued: number;
            /** @description Why it ended so, where no run says it. */
            reason?: string | null;
            /** @description Where its report is, once it is over. */
            report?: string | null;
            runs: components["schemas"]["JobRun"][];
            /**
             * Format: int64
             * @description The schedule that it comes from.
             */
            schedule?: number | null;
            /** Format: double */
            started?: number | null;
            /** @description waiting, running, done */
            state: string;
            /** @description How it ended: pass, fail, error, cancelled */
            status?: string | null;
            trigger: string;
            /** @description Where to ask for it again. */
            url: string;
        };
        JobList: {
            jobs: components["schemas"]["Job"][];
            /**
             * Format: int32
             * @description How many run at once.
             */
            places: number;
        };
        /** @description Why a test of a job can't be run. */
        JobProblems: {
            /** @description As docs/check.md has them. */
            problems: Record<string, never>[];
            test: string;
        };
        /** @description A run of a job; one that is queued has its id already. */
        JobRun: {
            block?: string | null;
            run: string;
            status: string;
            test: string;
            url: string;
        };
        Keep: {
            keep: boolean;
        };
        Key: {
            /** Format: double */
            created: number;
            /** Format: int64 */
            id: number;
            name: string;
            /** @description How it begins. */
            prefix: string;
            scopes: string[];
            /** Format: double */
            used?: number | null;
        };
        Keys: {
            keys: components["schemas"]["Key"][];
        };
        /**
         * @description What a test is written in.
         * @enum {string}
         */
        Kind: "testfile" | "rhai";
        /** @enum {string} */
        KindAsked: "teams" | "teams-card" | "slack" | "json";
        /** @description How its tests ended when they were run last: how many of each. */
        Last: {
            /**
             * Format: int32
             * @description Cancelled ones, and those whose record is broken, too.
             */
            error: number;
            /** Format: int32 */
            fail: number;
            /** Format: int32 */
            never: number;
            /**
             * Format: int32
             * @description Skipped ones too.
             */
            pass: number;
        };
        LastJob: {
            /** Format: double */
            ended?: number | null;
            /** Format: int64 */
            job: number;
            runs: string[];
            /** Format: double */
            started?: number | null;
            status?: string | null;
        };
        /** @description A run, as a test's line has it. */
        LastRun: {
            /** Format: double */
            duration?: number | null;
            run: string;
            /** Format: double */
            started: number;
            status: string;
        };
        /** @description A run that is still there, and why. */
        Left: {
            run: string;
            why: string;
        };
        /** @description A test, as the list has it. */
        Listed: components["schemas"]["Test"] & {
            /** @description The names of its tests, where the file has several. */
            blocks: string[];
            /**
             * Format: int64
             * @description The job in which it is running or queued.
             */
            job?: number | null;
            /** @description Its last runs, the newest first. */
            last: components["schemas"]["LastRun"][];
            tags: string[];
        };
        /** @description An agent at work. */
        LiveAgent: {
            /** @description `127.0.0.1:5060` */
            address: string;
            aor: string;
            baresip: string;
            /** @description It was started by hand. */
            console: boolean;
            name: string;
            /** @description The run that it belongs to. */
            run: string;
            /** Format: double */
            since: number;
        };
        Made: {
            /** @description The names of the tests that are new. */
            created: string[];
        };
        /** @description A key, this once with the key itself. */
        MadeKey: {
            /** Format: int64 */
            id: number;
            key: string;
            name: string;
            scopes: string[];
        };
        /** @description Who one is. */
        Me: {
            /** @description The user `telefonist` still has the password that everybody knows. */
            default_password: boolean;
            /** @description The name of the key. */
            key?: string | null;
            /** @description `read`, `run`, `write`, `admin` */
            scopes: string[];
            user?: string | null;
        };
        Named: {
            name: string;
        };
        New: {
            kind: components["schemas"]["Kind"];
            name: string;
            /** @description At most 1 MiB. */
            text: string;
        };
        NewKey: {
            name: string;
            scopes: components["schemas"]["ScopeWord"][];
        };
        NewLine: {
            /**
             * @description Statements of a test, lines of a testfile, or a command like `:ladder`. Several lines are done one after another up to the first that
             *     fails.
             */
            text: string;
        };
        NewPassword: {
            /** @description Of the user who asks: the one until now. Of others it need not be known. */
            old?: string | null;
            password: string;
        };
        NewSettings: {
            /**
             * Format: int32
             * @description Null or not there: for ever.
             */
            keep_days?: number | null;
            /**
             * Format: int32
             * @description Null or not there: all.
             */
            keep_runs?: number | null;
        };
        NewUser: {
            name: string;
            password: string;
        };
        /** @description The waveform of a recording. */
        Peaks: {
            /** @description Lowest and highest sample of each column, -1 to 1. */
            peaks: number[][];
            /**
             * Format: int32
             * @description Samples a second.
             */
            rate: number;
            /** Format: double */
            seconds: number;
        };
        Preview: {
            /** @description Milliseconds since the epoch. */
            next: number[];
            words: string;
        };
        PreviewAsked: {
            cron: string;
            zone?: string | null;
        };
        /** @description How it is written. */
        Problem: {
            /** @description What to do about it. */
            advice?: string | null;
            /** @description Of a save that came too late: what was saved meanwhile. */
            current?: Record<string, never> | null;
            /** @description What is wrong. */
            detail: string;
            /** @description What is wrong with a text, as docs/check.md has it, or test by test. */
            errors?: Record<string, never>[] | null;
            /** Format: int32 */
            status: number;
            /** @description The status in words. */
            title: string;
            /** @description Always `about:blank`: the status says what kind it is. */
            type: string;
        };
        /** @description Tests that are done, and all. */
        Progress: {
            done: number;
            total: number;
        };
        /** @description A set of tests. */
        Project: {
            /**
             * Format: double
             * @description When it or one of its tests was changed.
             */
            changed: number;
            /**
             * Format: double
             * @description Milliseconds since the epoch.
             */
            created: number;
            last: components["schemas"]["Last"];
            name: string;
            /**
             * Format: int32
             * @description How many tests it has.
             */
            tests: number;
        };
        Projects: {
            projects: components["schemas"]["Project"][];
        };
        /** @description How the calls of a run sounded. */
        Quality: {
            /**
             * Format: double
             * @description Milliseconds.
             */
            jitter_max?: number | null;
            /**
             * Format: double
             * @description Packets.
             */
            loss_max?: number | null;
            /** Format: double */
            mos_avg?: number | null;
            /**
             * Format: double
             * @description Mean opinion scores, 1 to 4.5.
             */
            mos_min?: number | null;
            /**
             * Format: double
             * @description The longest, in milliseconds.
             */
            post_dial_delay?: number | null;
        };
        Queue: {
            /** Format: int32 */
            places: number;
            running: number;
            waiting: number;
        };
        /** @description A run and its figures. */
        Ran: components["schemas"]["RunRow"] & {
            /** @description How many agents it had; none where its record is too large for a list. */
            agents?: number | null;
            /** @description Of its flow; none where it is not judged. */
            hash?: string | null;
            quality?: components["schemas"]["Quality"] | null;
        };
        RecordingView: {
            agent: string;
            /** Format: int32 */
            call?: number | null;
            /** @description For `/recordings/{file}` */
            file: string;
            /** Format: double */
            seconds?: number | null;
            /** Format: int64 */
            size: number;
        };
        Renamed: {
            name: string;
        };
        Restored: {
            /**
             * Format: int32
             * @description The newest version, as far as the caller knows.
             */
            based_on: number;
        };
        RunAsked: {
            /** @description Of the only test, this block. */
            block?: string | null;
            /** @description Parameters of the tests, as `--define`. */
            define?: {
                [key: string]: string;
            };
            /** @description Only those whose last run did not pass. */
            failed?: boolean;
            project?: string | null;
            /** @description Wait in the queue where another run is active (the default), or be refused. */
            queue?: boolean;
            /** Format: int32 */
            repeat?: number;
            /** Format: int32 */
            retries?: number;
            /** @description Tests of the project; none: all, in alphabetical order. */
            tests?: string[] | null;
            text?: components["schemas"]["RunText"] | null;
            /** @description Answer when all is over. */
            wait?: boolean;
        };
        RunList: {
            /** @description Where the next page begins; null: there is none. */
            next?: string | null;
            runs: components["schemas"]["RunRow"][];
        };
        /** @description A run, as lists have it. */
        RunRow: {
            /** Format: int32 */
            attempt: number;
            block?: string | null;
            /**
             * Format: double
             * @description Milliseconds.
             */
            duration?: number | null;
            file: string;
            project?: string | null;
            /** Format: int32 */
            repetition: number;
            /** Format: int32 */
            repetitions: number;
            /** @description Its id. */
            run: string;
            /**
             * Format: double
             * @description Milliseconds since the epoch.
             */
            started: number;
            /** @description queued, running, pass, fail, error, cancelled, skipped; broken: its host was killed; damaged: it can't be read */
            status: string;
            test: string;
            /** @description manual, api, cron, rerun */
            trigger?: string | null;
        };
        RunText: {
            kind: components["schemas"]["Kind"];
            name: string;
            text: string;
        };
        Saved: {
            /**
             * Format: int32
             * @description The version that the text was made from.
             */
            based_on: number;
            /** @description At most 1 MiB. */
            text: string;
        };
        /** @description A version with its text. */
        SavedVersion: {
            author?: string | null;
            /** Format: double */
            saved: number;
            text: string;
            /** Format: int32 */
            version: number;
        };
        Schedule: {
            /** @description Five fields, or a name like `@daily`. */
            cron: string;
            /** Format: int64 */
            id: number;
            /** @description Its last jobs, the newest first. */
            last: components["schemas"]["LastJob"][];
            /** Format: double */
            last_due?: number | null;
            /**
             * Format: int32
             * @description How many times were missed since it last ran.
             */
            missed: number;
            /** @description The next three times, milliseconds since the epoch. */
            next: number[];
            paused: boolean;
            project: string;
            /** @description Null: all tests of the project. */
            test?: string | null;
            /** @description The expression in words. */
            words: string;
            /** @description `Europe/Berlin` */
            zone: string;
        };
        ScheduleAsked: {
            /** @description Five fields (`0 3 * * *`), or a name like `@daily`. */
            cron: string;
            paused?: boolean;
            project: string;
            /** @description Null: all tests of the project. */
            test?: string | null;
            /** @description Of the times; `UTC` if none is given. */
            zone?: string | null;
        };
        ScheduleList: {
            schedules: components["schemas"]["Schedule"][];
        };
        /** @enum {string} */
        ScopeWord: "read" | "run" | "write";
        ScriptFile: {
            /**
             * Format: double
             * @description Milliseconds since the epoch.
             */
            changed: number;
            name: string;
            /**
             * Format: int64
             * @description Bytes.
             */
            size: number;
        };
        Scripts: {
            scripts: components["schemas"]["ScriptFile"][];
        };
        ServerVersion: {
            /** @description `v1` */
            api: string;
            /** @description Of the agent that is carried inside. */
            baresip?: string | null;
            /** @description The web UI was built into the program. */
            ui: boolean;
            version: string;
        };
        /** @description A browser's login. */
        Session: {
            /** @description What the browser calls itself. */
            browser: string;
            /** Format: double */
            created: number;
            /** @description It is the one that asks. */
            current: boolean;
            /** Format: double */
            expires: number;
            /** Format: int64 */
            id: number;
            /** Format: double */
            seen: number;
        };
        Sessions: {
            sessions: components["schemas"]["Session"][];
        };
        Setting: {
            /** @description It was given at the server's start, and can't be changed here. */
            fixed: boolean;
            /**
             * Format: int32
             * @description What counts; null: all are kept.
             */
            value?: number | null;
        };
        Settings: {
            /** @description For how many days runs are kept. */
            keep_days: components["schemas"]["Setting"];
            /** @description How many of the newest runs of each project are kept, and as many that belong to none. */
            keep_runs: components["schemas"]["Setting"];
            /** @description Number of runs that are no longer to be kept. They are deleted as soon as this is set, and whenever a job is over. */
            to_go: number;
        };
        Sound: {
            /** @description The program has it; one of the same name takes its place. */
            built_in: boolean;
            name: string;
            /**
             * Format: double
             * @description None where the file is no WAV that can be read.
             */
            seconds?: number | null;
            /**
             * Format: int64
             * @description Bytes.
             */
            size: number;
        };
        Sounds: {
            sounds: components["schemas"]["Sound"][];
        };
        /** @description What may stand at a place, or stands there. */
        Suggestion: {
            /** @description How it is called, or what kind of value it is; may be empty. */
            detail: string;
            /** @description What it does; may be empty. */
            docs: string;
            /** @description variable, function, method, field, event, command, module, word, directive */
            sort: string;
            text: string;
        };
        /** @description A test without its text. */
        Test: {
            /** @description Who saved the newest version. */
            author?: string | null;
            /** Format: double */
            changed: number;
            /**
             * Format: double
             * @description Milliseconds since the epoch.
             */
            created: number;
            kind: components["schemas"]["Kind"];
            name: string;
            /**
             * Format: int32
             * @description The number of the newest version, from 1.
             */
            version: number;
        };
        Tests: {
            tests: components["schemas"]["Listed"][];
        };
        /** @description A text, and the test that it is to be. */
        Text: {
            kind: components["schemas"]["Kind"];
            /** @description The test's name, for messages. */
            name?: string | null;
            /** @description The project that has what it imports. */
            project?: string | null;
            /** @description At most 1 MiB. */
            text: string;
        };
        TextView: {
            kind: components["schemas"]["Kind"];
            text: string;
        };
        ToDelete: {
            runs: string[];
        };
        /** @description How a message that only tries was taken. */
        Tried: {
            /** @description Why it was not. */
            error?: string | null;
            sent: boolean;
        };
        Used: {
            max: number;
            running: number;
        };
        User: {
            /** Format: double */
            created: number;
            /** Format: int64 */
            id: number;
            name: string;
        };
        Users: {
            users: components["schemas"]["User"][];
        };
        Versions: {
            versions: components["schemas"]["Info"][];
        };
        Vocabulary: {
            /** @description The words of baresip's commands, of any version. */
            commands: string[];
            /** @description Those of testfiles. */
            directives: components["schemas"]["Described"][];
            events: components["schemas"]["EventType"][];
            /** @description The functions of the standard library. */
            stdlib: components["schemas"]["Described"][];
        };
        /** @description A webhook without what makes its URL a secret. */
        Webhook: {
            /** @description Scheme and host. */
            address: string;
            /** Format: double */
            created: number;
            /** Format: int64 */
            id: number;
            /** @description teams, teams-card, slack, json */
            kind: string;
            last?: components["schemas"]["Delivery"] | null;
            only_failures: boolean;
            /** @description Null: for all projects. */
            project?: string | null;
            /** @description Its messages are signed. */
            signed: boolean;
        };
        WebhookAsked: {
            kind: components["schemas"]["KindAsked"];
            /** @description Nothing is sent of runs that passed. */
            only_failures?: boolean;
            /** @description Null: for all projects. */
            project?: string | null;
            /** @description What messages are signed with; of one that is changed: the one until now, if none is given; empty: none. */
            secret?: string | null;
            /** @description http or https. Of one that is changed: the one until now, if none is given. */
            url?: string | null;
        };
        WebhookList: {
            webhooks: components["schemas"]["Webhook"][];
        };
        /** @description A test with its text. */
        Whole: components["schemas"]["Test"] & {
            text: string;
        };
        WhyView: {
            /** @description local, remote, … */
            by: string;
            /**
             * Format: int32
             * @description The SIP status, where one ended it.
             */
            code?: number | null;
            text: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
