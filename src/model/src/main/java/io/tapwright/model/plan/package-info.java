/**
 * Pure functions from what is wanted and what is there to what has to be done: no I/O, no clock, no state.
 * {@link io.tapwright.model.plan.DesiredNic} is what is wanted of a NIC, {@link io.tapwright.model.plan.TapPlan} and
 * {@link io.tapwright.model.plan.NetworkPlan} say what is to be done, {@link io.tapwright.model.plan.Standing} what
 * to tell the operator.
 */
package io.tapwright.model.plan;
