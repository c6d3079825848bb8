/**
 * The running program: the only place that knows Quarkus and Vert.x. {@link io.tapwright.agent.Agent} puts the parts
 * together; everything else turns something of theirs into something of ours, or the other way round.
 */
package io.tapwright.agent;
