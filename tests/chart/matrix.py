"""Matrix: typical chart values of platform teams."""

from __future__ import annotations

from typing import Any

SECRET = {"secret": {"secretName": "certificates"}}

MATRIX: dict[str, dict[str, Any]] = {
    "defaults": {},
    "high availability": {
        "replicaCount": 2,
        "podDisruptionBudget": {"enabled": True, "minAvailable": 1},
        "priorityClassName": "system-cluster-critical",
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "ScheduleAnyway",
            }
        ],
    },
    "a share of the pipelines": {
        "watch": {"namespaces": ["shop", "data"], "selector": "shard in (a, b)"},
        "leaderElection": {"lease": "shard-a"},
    },
    "IRSA": {
        "aws": {"region": "eu-west-1", "roleArn": "arn:aws:iam::111122223333:role/dataflowxpress"},
        "serviceAccount": {"annotations": {"eks.amazonaws.com/sts-regional-endpoints": "true"}},
    },
    "static credentials elsewhere": {
        "aws": {
            "region": "us-gov-west-1",
            "endpointUrl": "http://10.88.0.1:4566",
            "existingSecret": "aws",
        },
    },
    "nothing of the cluster's": {
        "crds": {"enabled": False},
        "rbac": {"create": False, "aggregateClusterRoles": False},
        "serviceAccount": {"create": False, "name": "given"},
        "metrics": {"service": {"enabled": False}},
    },
    "one without a Lease": {"leaderElection": {"enabled": False}},
    "no probes": {
        name: {"enabled": False} for name in ("livenessProbe", "readinessProbe", "startupProbe")
    },
    "shut in": {
        "networkPolicy": {
            "enabled": True,
            "metricsFrom": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}],
            "extraEgress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}],
        },
    },
    "the page": {
        "ui": {
            "enabled": True,
            "replicaCount": 2,
            "tlsSecret": "page-tls",
            "from": [{"podSelector": {"matchLabels": {"app": "ingress"}}}],
            "service": {"port": 443, "annotations": {"note": "yes"}, "labels": {"team": "data"}},
        },
        "networkPolicy": {"enabled": True},
        "watch": {"namespaces": ["shop"]},
    },
    "guarded": {
        "metrics": {
            "authentication": True,
            "tlsSecret": "metrics-tls",
            "serviceMonitor": {"enabled": True, "tlsConfig": {"serverName": "metrics"}},
        },
        "rbac": {"configMaps": False},
    },
    "watched": {
        "metrics": {
            "serviceMonitor": {
                "enabled": True,
                "labels": {"release": "prometheus"},
                "annotations": {"note": "yes"},
                "scrapeTimeout": "10s",
            },
            "prometheusRule": {"enabled": True},
            "dashboard": {"enabled": True},
        },
    },
    "tenants with a policy": {
        "tenantPolicy": {
            "permissionsBoundary": "arn:aws:iam::111122223333:policy/dataflowxpress-boundary",
            "namespaces": [
                {"match": ["team-a-*"], "accounts": ["111122223333"], "names": ["team-a-*"]},
                {"match": ["sandbox"], "roles": ["*"], "names": ["*"], "adopt": True},
                {"match": ["*"], "scripts": [], "keys": []},
            ],
        },
    },
    "everything further": {
        "nameOverride": "pipelines",
        "commonLabels": {"team": "data"},
        "image": {"digest": f"sha256:{'0' * 64}", "pullPolicy": "Always"},
        "imagePullSecrets": [{"name": "registry"}],
        "podLabels": {"cost-centre": "7"},
        "podAnnotations": {"note": "yes"},
        "deploymentAnnotations": {"note": "yes"},
        "tolerations": [{"key": "infra", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "runtimeClassName": "gvisor",
        "hostUsers": False,
        "dnsPolicy": "None",
        "dnsConfig": {"nameservers": ["10.0.0.10"]},
        "hostAliases": [{"ip": "10.1.2.3", "hostnames": ["sts.internal"]}],
        "extraArgs": ["--log-format=full"],
        "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
        "extraEnvFrom": [{"configMapRef": {"name": "proxy"}}],
        "extraContainers": [{"name": "signer", "image": "signer:1", "args": ["serve"]}],
        "extraVolumes": [{"name": "certificates", **SECRET}],
        "extraVolumeMounts": [{"name": "certificates", "mountPath": "/certificates"}],
        "extraObjects": [
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}-text'}\n",
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "of-yaml"}},
        ],
    },
}
