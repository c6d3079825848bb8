/**
 * How fast frames go from guest to guest, through switches and the kernel's bridge: contenders take turns at the same
 * traffic, with one core for the guests' side ({@code src/main/c/rings}, {@code src/main/c/traffic}, {@code tap_traffic.c})
 * and one for the back-end, all its threads. Nothing here touches the host's network.
 *
 * <p>One thread; what is started are processes.
 */
package io.tapwright.bench.forwarding;
