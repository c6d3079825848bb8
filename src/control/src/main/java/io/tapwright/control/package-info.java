/**
 * The control plane in plain Java: what libvirt, the hook, the kernel and the clock say becomes a key in the
 * {@link io.tapwright.control.WorkQueue}; the {@link io.tapwright.control.Reconciler} takes the key, reads what is wanted
 * from the {@link io.tapwright.control.Inventory} and what is there from the kernel, plans, applies, and reads back;
 * the {@link io.tapwright.control.StatusBoard} keeps what it found. {@link io.tapwright.control.ControlPlane} is the way in.
 *
 * <p>Threads: worker threads named {@code reconcile-N} own the reconciling, each key on one of them at a time; everything
 * that arrives from outside only takes note and queues. Nothing here calls libvirt or waits for a listener.
 */
package io.tapwright.control;
