/**
 * The conversation between the agent and the switch's process, over a Unix stream socket: one JSON document a line, UTF-8,
 * at most {@link io.tapwright.switchctl.SwitchServer#MAX_LINE_BYTES} bytes. {@link io.tapwright.switchctl.SwitchServer} is
 * the switch's end, {@link io.tapwright.switchctl.SwitchClient} the agent's.
 *
 * <pre>
 *   switch                                   agent
 *     │ ── welcome: held, state ──────────────► │     on each connection, first
 *     │ ◄─ apply 1: everything that is wanted ─ │     replaces what was wanted before
 *     │ ── state, answers 1 ──────────────────► │
 *     │ ── state ─────────────────────────────► │     whenever it has changed
 *     │ ◄─ state 2 ──────────────────────────── │     for the counters
 *     │ ── state, answers 2 ──────────────────► │
 *     │ ── error, answers 3 ──────────────────► │     one line of text; the connection goes on
 * </pre>
 *
 * <p>Frames come on a connection of their own, as {@link io.tapwright.switchctl.CaptureRecords}, until one side closes it:
 *
 * <pre>
 *     │ ── welcome ───────────────────────────► │
 *     │ ◄─ capture 1: network, port, snapLength │
 *     │ ── capturing, answers 1 ──────────────► │     the last line, or an error
 *     │ ══ frames, counts every 200 ms ═══════► │     binary
 *     │ ══ end: why ══════════════════════════► │     where the port is gone
 * </pre>
 *
 * <p>Threads: the server has one that accepts and two for each connection, the client two; all of them daemons. Nothing
 * here logs.
 */
package io.tapwright.switchctl;
