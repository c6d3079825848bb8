package io.tapwright.agent.health;

import io.tapwright.agent.Agent;
import io.tapwright.model.status.LibvirtStatus;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready: connected to libvirt, so that what is reported is what is. */
@Readiness
@ApplicationScoped
class LibvirtReadiness implements HealthCheck {

    private final Agent agent;

    @Inject
    LibvirtReadiness(Agent agent) {
        this.agent = agent;
    }

    @Override
    public HealthCheckResponse call() {
        LibvirtStatus libvirt = agent.snapshot().libvirt();
        HealthCheckResponseBuilder answer = HealthCheckResponse.named("libvirt")
                .withData("uri", libvirt.uri()).withData("state", libvirt.state()).withData("since", libvirt.since().toString());
        if (libvirt.reason() != null) {
            answer.withData("reason", libvirt.reason());
        }
        return answer.status(libvirt.state().equals("connected")).build();
    }
}
