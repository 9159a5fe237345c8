// Command olm validates a bundle with the validators that `operator-sdk bundle validate` calls.
//
// operator-sdk itself has many times the dependencies. The validator for multiple architectures is
// left out, because it pulls the image, which a check before the release does not have.
package main

import (
	"fmt"
	"os"

	"github.com/operator-framework/api/pkg/manifests"
	"github.com/operator-framework/api/pkg/validation"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: olm BUNDLE")
		os.Exit(2)
	}
	bundle, err := manifests.GetBundleFromDir(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if findings := validate(bundle); findings > 0 {
		os.Exit(1)
	}
}

// validate prints errors and warnings, and returns their number.
func validate(bundle *manifests.Bundle) (findings int) {
	validators := append(validation.DefaultBundleValidators,
		validation.OperatorHubV2Validator,
		validation.StandardCapabilitiesValidator,
		validation.StandardCategoriesValidator,
		validation.ObjectValidator,
		validation.AlphaDeprecatedAPIsValidator,
		validation.GoodPracticesValidator,
	)
	for _, each := range validators {
		for _, result := range each.Validate(bundle.ObjectsToValidate()...) {
			for _, finding := range append(result.Errors, result.Warnings...) {
				fmt.Println(finding.Error())
				findings++
			}
		}
	}
	return findings
}
