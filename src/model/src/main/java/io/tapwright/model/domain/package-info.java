/**
 * libvirt's domains as the rest of Tapwright sees them: {@link io.tapwright.model.domain.DomainSpec} is what an XML
 * description says, {@link io.tapwright.model.domain.DomainReport} what libvirt answers about one domain,
 * {@link io.tapwright.model.domain.Hypervisor} the port to it. Records are immutable.
 */
package io.tapwright.model.domain;
