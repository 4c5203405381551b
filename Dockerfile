# The service in a container. The build is that of the Makefile; make docker-check holds it to that.
#
#   docker run --network host sipbridge
#   docker run --network host -v ./sipbridge.yaml:/sipbridge.yaml:ro \
#     --health-cmd "sipbridge healthcheck --config /sipbridge.yaml" sipbridge serve --config /sipbridge.yaml
#
# Media wants the addresses and ports of the machine itself, hence the host's network.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY . .
RUN .ci/setup-build
RUN make build

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libgsm1 libopenh264-7 libopus0 libspeex1 libspeexdsp1 libvpx7 && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/bin/sipbridge /usr/local/bin/sipbridge
# What the service keeps: tls.acme.storage and click_to_call.database, if they are set.
RUN install -d -o 65532 -g 65532 /var/lib/sipbridge
# A user of its own, by number so that an orchestrator can see that it is not root.
USER 65532:65532
# http, https; SIP over UDP and TCP; WebRTC; RTP
EXPOSE 8080/tcp 8443/tcp 5060/udp 5060/tcp 8443/udp 20000-29999/udp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["sipbridge", "healthcheck"]
ENTRYPOINT ["sipbridge"]
CMD ["serve"]
