package io.tapwright.agent.health;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** Live: NICs are being reconciled. */
@Liveness
@ApplicationScoped
class WorkLiveness implements HealthCheck {

    private final Heartbeat heartbeat;

    @Inject
    WorkLiveness(Heartbeat heartbeat) {
        this.heartbeat = heartbeat;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("reconciling")
                .withData("millisSinceLastBeat", heartbeat.silence().toMillis())
                .status(heartbeat.isBeating()).build();
    }
}
